import { Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AccountId } from '@gatehouse/kernel/ids';
import { ApprovalStore } from '../consent/approval.store.js';
import type { RequestingClient } from '../oauth-endpoints/authorization-requests.flow.js';
import { LostAnswers } from '../refresh-tokens/lost-answers.flow.js';
import { SessionStore } from '../sessions/session.store.js';
import { Vault } from '../vault/vault.client.js';
import { CompletedSignIns } from './completed-sign-ins.js';
import { provenIdentities } from '../attempts/proven-identities.js';
import type { Situation } from './sign-in-steps.flow.js';

export interface SessionToOpen {
  readonly accountId: AccountId;
  readonly client: RequestingClient;
  /** What the session may use. */
  readonly providers: readonly string[];
}

export type Opening =
  | { readonly kind: 'open' }
  /** The vault holds another result of a leg than was recorded: two callbacks raced, or the leg was discarded meanwhile. */
  | { readonly kind: 'leg_lost'; readonly provider: string }
  /** A connection was to be used again, and was ended after it had been listed. */
  | { readonly kind: 'connection_gone' };

/** Opens the session of a finished sign-in: in the vault first, then here. Doing it again gives the same session. */
@Injectable()
export class OpenSession {
  constructor(
    private readonly vault: Vault,
    private readonly sessions: SessionStore,
    private readonly lostAnswers: LostAnswers,
    private readonly approvals: ApprovalStore,
    private readonly completed: CompletedSignIns,
  ) {}

  async open(situation: Situation, { accountId, client, providers }: SessionToOpen): Promise<Opening> {
    const { attempt, fingerprint } = situation;
    const { tsid, approvedAs } = attempt.state;
    const opening = await this.#openInVault(situation, accountId, providers);
    if (opening.kind !== 'open') return opening;
    const { clientId, name: clientName } = client;
    const session = { tsid, accountId, clientId, clientName };
    await this.sessions.open(session);
    await this.lostAnswers.signedInAgain(session);
    if (approvedAs === fingerprint) await this.approvals.approve(session, fingerprint);
    this.completed.tell({ attemptId: attempt.id, tsid, accountId, clientId, providers });
    return opening;
  }

  async #openInVault(
    { attempt: { id, state } }: Situation,
    accountId: AccountId,
    providers: readonly string[],
  ): Promise<Opening> {
    const subjects = Object.fromEntries(
      provenIdentities(state.legs).map(({ provider, identity }) => [provider, identity.subject]),
    );
    try {
      const { tsid } = state;
      await this.vault.openSession({ attemptId: id, tsid, accountId, providers: [...providers], subjects });
      return { kind: 'open' };
    } catch (error) {
      if (!(error instanceof GatehouseError) || error.code !== 'connection_missing') throw error;
      const provider = error.details['provider'];
      return typeof provider === 'string' && subjects[provider] !== undefined
        ? { kind: 'leg_lost', provider }
        : { kind: 'connection_gone' };
    }
  }
}
