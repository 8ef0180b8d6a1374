import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { sha256 } from '@gatehouse/kernel/digest';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { newSessionId, type AccountId, type AttemptId, type SessionId } from '@gatehouse/kernel/ids';
import { CONFIG } from '@gatehouse/service-process/injected';
import { AccountStore } from '../accounts/account.store.js';
import { AssertedSessionStore, type AssertedSession } from '../sessions/asserted-session.store.js';
import { SessionStore } from '../sessions/session.store.js';
import { Vault } from '../vault/vault.client.js';
import { boundProviders } from './bound-providers.js';
import type { AssertedPerson } from './identity-assertion.js';

/** Whose session, at which client. */
type WhoseSession = Omit<AssertedSession, 'tsid'>;

/** The vault's part and this one's can end at different moments: then it is begun anew. */
const TRIES = 3;

/**
 * The session of a person whom an issuer asserts (ADR 73). Each further assertion goes on with it: what the person has connected from
 * a client's link stays connected, and a sign-out ends all of it.
 */
@Injectable()
export class AssertedSessions {
  constructor(
    private readonly accounts: AccountStore,
    private readonly asserted: AssertedSessionStore,
    private readonly sessions: SessionStore,
    private readonly vault: Vault,
    @Inject(CONFIG)
    private readonly config: Pick<
      AuthorizationServerPart,
      'primaryUpstreamProvider' | 'connectionReuse' | 'upstreamProviders'
    >,
  ) {}

  /** @returns `undefined` for somebody who has never signed in here. */
  async accountOf({ subject }: AssertedPerson): Promise<AccountId | undefined> {
    return await this.accounts.ownerOf(this.config.primaryUpstreamProvider, subject);
  }

  /** Whether an earlier assertion has opened one. */
  async isOpen(whose: WhoseSession): Promise<boolean> {
    return (await this.asserted.find(whose)) !== undefined;
  }

  /** Opens it where there is none, here first and then in the vault. Doing it again gives the same session. */
  async open(whose: WhoseSession): Promise<SessionId> {
    for (let left = TRIES; left > 0; left -= 1) {
      const tsid =
        (await this.asserted.find(whose)) ?? (await this.asserted.open({ ...whose, tsid: newSessionId() }));
      if (await this.#openInVault(tsid, whose.accountId)) return tsid;
    }
    throw new GatehouseError('unavailable', 'connections change while the session of an assertion is opened');
  }

  /** @returns when the session ends at the latest, in milliseconds since the epoch; `undefined`: it was ended meanwhile. */
  async use(tsid: SessionId, clientId: string): Promise<number | undefined> {
    return await this.sessions.use(tsid, clientId);
  }

  /** @returns false: look again. */
  async #openInVault(tsid: SessionId, accountId: AccountId): Promise<boolean> {
    const providers = boundProviders(await this.vault.connections(accountId), this.config);
    try {
      await this.vault.openSession({ attemptId: attemptOf(tsid), tsid, accountId, providers, subjects: {} });
      return true;
    } catch (error) {
      if (!(error instanceof GatehouseError)) throw error;
      // The vault has heard of its end, and the row here is about to be ended as well, or is ended now.
      if (error.code === 'session_closed') await this.sessions.close(tsid, 'revoked', accountId);
      else if (error.code !== 'connection_missing') throw error;
      return false;
    }
  }
}

/** Nobody walked a chain, and the vault knows a session by that. The same session has the same. */
const attemptOf = (tsid: SessionId): AttemptId =>
  // Of the same alphabet, and as long.
  sha256(`assertions ${tsid}`).slice(0, 22) as AttemptId;
