import { Inject, Injectable } from '@nestjs/common';
import { attemptId as attemptIdField } from '@gatehouse/contracts/fields';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { newAccountId, type AccountId } from '@gatehouse/kernel/ids';
import { Log } from '@gatehouse/observability/log';
import { AccountStore } from '../accounts/account.store.js';
import { AttemptCookies } from './attempt-cookies.js';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { AttemptState } from './attempt.js';
import { AttemptStore, type StoredAttempt } from './attempt.store.js';
import { failed, laterDone, personSettled, primaryDone } from './decisions.js';
import { Vault, type Arrival, type LegReply } from '../vault/vault.client.js';

export interface ReceivedLeg {
  readonly attempt: StoredAttempt;
  readonly provider: string;
  /** The interaction of the browser; on the connect page the attempt's own id. */
  readonly uid: string;
}

/** A provider's answer: checked to come from the browser that was sent there, handed to the vault, and recorded. */
@Injectable()
export class ReceiveLeg {
  constructor(
    private readonly attempts: AttemptStore,
    private readonly accounts: AccountStore,
    private readonly vault: Vault,
    private readonly cookies: AttemptCookies,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {}

  /**
   * @throws {GatehouseError} `callback_unknown`, `callback_expired`, `callback_wrong_browser`, `callback_wrong_provider`;
   * then nothing was recorded.
   */
  async receive(arrival: Arrival, cookieHeader: string | undefined): Promise<ReceivedLeg> {
    const attempt = await this.#attempt(arrival.query);
    const browser = this.cookies.bound(attempt.state.browserBinding, cookieHeader);
    // Checked before the vault hears of it: somebody else's browser must not use up the leg.
    if (browser === undefined) throw new GatehouseError('callback_wrong_browser');
    const reply = await this.vault.complete(arrival, browser.binding);
    if (reply.attemptId !== attempt.id)
      throw new GatehouseError('internal', 'the vault completed a leg of another attempt');
    const recorded = await this.#record(attempt, reply);
    return { attempt: recorded, provider: reply.provider, uid: browser.id };
  }

  async #attempt(query: string): Promise<StoredAttempt> {
    // `<attempt id>.<rest>`, made by the vault.
    const parsed = attemptIdField.safeParse(new URLSearchParams(query).get('state')?.split('.')[0]);
    if (!parsed.success) throw new GatehouseError('callback_unknown', 'the state names no attempt');
    try {
      return await this.attempts.load(parsed.data);
    } catch (error) {
      if (error instanceof GatehouseError && error.code === 'attempt_unknown')
        throw new GatehouseError('callback_unknown');
      throw error;
    }
  }

  async #record({ id, state: before }: StoredAttempt, reply: LegReply): Promise<StoredAttempt> {
    const { provider } = reply;
    if (reply.outcome === 'refused') {
      this.log.warn('leg-refused', { attemptId: id, provider, reason: reply.reason });
      return await this.attempts.change(id, (state) => failed(state, provider, reply.reason));
    }
    const owner = await this.accounts.ownerOf(provider, reply.identity.subject);
    const newAccount = newAccountId();
    const settledOwner = await this.#settledOwner(before);
    const change = (state: AttemptState): AttemptState =>
      this.#decidesAccount(state, provider)
        ? primaryDone(state, provider, reply.identity, owner, newAccount)
        : this.#wouldBeAnother(provider, owner)
          ? failed(state, provider, 'identity_taken')
          : laterDone(personSettled(state, settledOwner), provider, reply.identity, owner);
    const recorded = await this.attempts.change(id, change);
    const outcome = recorded.state.legs[provider];
    if (outcome?.kind === 'failed')
      this.log.warn('leg-refused', { attemptId: id, provider, reason: outcome.reason });
    else this.log.info('leg-completed', { attemptId: id, provider });
    return recorded;
  }

  async #settledOwner({ person, legs }: AttemptState): Promise<AccountId | undefined> {
    const primary = this.config.primaryUpstreamProvider;
    const outcome = legs[primary];
    if (person?.isNew !== true || outcome?.kind !== 'done') return undefined;
    return await this.accounts.ownerOf(primary, outcome.identity.subject);
  }

  /** Who is new at the primary provider is somebody of their own: linked to this account, they would sign in as it. */
  #wouldBeAnother(provider: string, owner: AccountId | undefined): boolean {
    return provider === this.config.primaryUpstreamProvider && owner === undefined;
  }

  #decidesAccount(state: AttemptState, provider: string): boolean {
    const isPrimary = provider === this.config.primaryUpstreamProvider;
    // On the connect page the account is known already, unless the browser is only now being signed in.
    return isPrimary && (state.kind === 'sign-in' || state.person === undefined);
  }
}
