import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '@gatehouse/kernel/clock';
import { newAccountId, type AccountId } from '@gatehouse/kernel/ids';
import { Log } from '@gatehouse/observability/log';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CLOCK, CONFIG } from '@gatehouse/service-process/injected';
import { AccountStore } from '../accounts/account.store.js';
import type { LegReply } from '../vault/vault.client.js';
import { ended } from './arrivals.js';
import type { AttemptState } from './attempt.js';
import { AttemptStore, type StoredAttempt } from './attempt.store.js';
import { failed, legDone } from './decisions.js';

/** Writes into the attempt how a leg ended. */
@Injectable()
export class RecordLeg {
  constructor(
    private readonly attempts: AttemptStore,
    private readonly accounts: AccountStore,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @param key of the callback, which is dealt with by this. */
  async record({ id, state }: StoredAttempt, reply: LegReply, key: string): Promise<void> {
    const { provider } = reply;
    const change = await this.#changeBy(reply, state);
    const recorded = await this.attempts.change(id, (latest) => ended(change(latest), key));
    const outcome = recorded.state.legs[provider];
    if (outcome?.kind === 'failed') {
      // The vault has told what a provider refused, with its words.
      if (reply.outcome !== 'refused')
        this.log.info('leg-refused', { attemptId: id, provider, reason: outcome.reason });
    } else this.log.info('leg-completed', { attemptId: id, provider });
  }

  async #changeBy(reply: LegReply, before: AttemptState): Promise<(state: AttemptState) => AttemptState> {
    const { provider } = reply;
    if (reply.outcome === 'refused') return (state) => failed(state, provider, reply.reason);
    const { identity } = reply;
    const proof = {
      provider,
      identity,
      owner: await this.accounts.ownerOf(provider, identity.subject),
      primaryProvider: this.config.primaryUpstreamProvider,
      settledPerson: await this.#settledPerson(before),
      newAccount: newAccountId(),
      nowMs: this.clock.nowMs(),
      authenticatedAtMs: reply.authenticatedAtMs,
      acr: reply.acr,
      amr: reply.amr,
    };
    return (state) => legDone(state, proof);
  }

  /** The account that somebody new has by now, when they finished signing in in another browser meanwhile. */
  async #settledPerson({ person, legs }: AttemptState): Promise<AccountId | undefined> {
    const primary = this.config.primaryUpstreamProvider;
    const outcome = legs[primary];
    if (person?.isNew !== true || outcome?.kind !== 'done') return undefined;
    return await this.accounts.ownerOf(primary, outcome.identity.subject);
  }
}
