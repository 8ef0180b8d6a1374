import { Injectable } from '@nestjs/common';
import { HOUR_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { SingleFlight } from '@gatehouse/kernel/single-flight';
import { Log } from '@gatehouse/observability/log';
import { Expiry } from '@gatehouse/persistence/expiry';
import { ProviderRegistry } from '../providers/provider-registry.js';
import type { Revocation } from '../providers/redemption.js';
import { Upstreams } from '../providers/upstreams.flow.js';
import { verdictOf } from '../providers/upstream-verdict.js';
import { RevocationOutboxStore, type DueRevocation } from './revocation-outbox.store.js';

const LONGEST_REST_MS = HOUR_MS;

/** The provider is not configured any more. */
const UNSUPPORTED: Revocation = { ok: true, outcome: 'unsupported' };

/** Waits 2 s, 4 s, … up to an hour: a provider that is away for a day is asked a few dozen times. */
const restBeforeRetryMs = (attempts: number): number =>
  Math.min(LONGEST_REST_MS, SECOND_MS * 2 ** Math.min(attempts, 20));

/** Revokes tokens at their provider (RFC 7009), until each is done. Any replica may take any of them. */
@Injectable()
export class RevokeTokens {
  readonly #drains = new SingleFlight<'outbox', void>();

  constructor(
    private readonly store: RevocationOutboxStore,
    private readonly registry: ProviderRegistry,
    private readonly upstreams: Upstreams,
    private readonly log: Log,
    expiry: Expiry,
  ) {
    expiry.add({ endExpired: () => this.#giveUp() });
  }

  /** Revokes what is due, in the background. */
  wake(): void {
    this.#drains
      .run('outbox', () => this.#drain())
      .catch((error: unknown) => {
        this.log.failure('revocations-delayed', error);
      });
  }

  /** Resolves when no token is being revoked. */
  async settled(): Promise<void> {
    await this.#drains.settled();
  }

  /** Gives up tokens that could not be revoked for a month. Most of them have expired by then. */
  async #giveUp(): Promise<void> {
    for (const { provider, tokens } of await this.store.giveUp())
      this.log.error('token-revocation-given-up', { provider, tokens });
  }

  async #drain(): Promise<void> {
    for (let due = await this.store.claim(); due.length > 0; due = await this.store.claim())
      await Promise.all(due.map((revocation) => this.#revoke(revocation)));
  }

  async #revoke({ id, provider: name, token, attempts }: DueRevocation): Promise<void> {
    const provider = this.registry.find(name);
    try {
      const revocation = provider === undefined ? UNSUPPORTED : await this.upstreams.revoke(provider, token);
      if (revocation.ok) {
        await this.store.done(id);
        this.log.info('token-revocation-done', { provider: name, outcome: revocation.outcome, attempts });
        return;
      }
      const { failure } = revocation;
      const verdict = verdictOf(failure);
      // RFC 7009 section 2.2: a token that is not valid any more is revoked. Some providers say so with an error.
      if (failure.kind === 'oauth_error' && verdict === 'final') {
        await this.store.done(id);
        this.log.info('token-revocation-done', { provider: name, outcome: 'over', attempts });
        return;
      }
      await this.store.retryIn(id, restBeforeRetryMs(attempts));
      this.log.warn('token-revocation-delayed', { provider: name, attempts, kind: failure.kind, verdict });
    } catch (error) {
      await this.store.retryIn(id, restBeforeRetryMs(attempts));
      this.log.failure('token-revocation-delayed', error, { provider: name, attempts });
    }
  }
}
