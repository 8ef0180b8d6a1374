import { Inject, Injectable } from '@nestjs/common';
import { fetchIssuerKeys } from '@gatehouse/access-tokens/issuer-keys.client';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { Clock } from '@gatehouse/kernel/clock';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { KeptAnswers, type KeptAnswer } from '@gatehouse/kernel/kept-answers';
import { Log } from '@gatehouse/observability/log';
import { CLOCK } from '@gatehouse/service-process/injected';
import type { JWK } from 'jose';

const TIMES = {
  /** A key that its issuer has withdrawn is good for no longer. */
  freshForMs: 5 * MINUTE_MS,
  usedForMs: HOUR_MS,
  /** A client can send an assertion that no key fits. */
  restMs: 10 * SECOND_MS,
  restAfterFailureMs: 10 * SECOND_MS,
};
const MAX_KEYS = 50;

export type AssertionIssuer = AuthorizationServerPart['assertionIssuers'][number];
export type KnownKeys = KeptAnswer<readonly JWK[]>;

/** Public keys of the issuers whose assertions are believed. */
@Injectable()
export class AssertionIssuerKeys {
  readonly #kept: KeptAnswers<readonly JWK[]>;

  constructor(log: Log, @Inject(CLOCK) clock: Clock) {
    this.#kept = new KeptAnswers(clock, TIMES, (error, issuer) =>
      log.failure('assertion-keys-not-fetched', error, { issuer }),
    );
  }

  /** @throws {GatehouseError} `unavailable` when there are none to verify with. */
  async of(issuer: AssertionIssuer): Promise<KnownKeys> {
    return await this.#kept.of(issuer.issuer, async () => await keysOf(issuer)).catch(unavailable);
  }

  /**
   * Issuers change keys at any time.
   * @returns `undefined` when they were fetched a moment ago.
   * @throws {GatehouseError} `unavailable`: there may be others, so that nothing is wrong yet.
   */
  async newerThan(issuer: AssertionIssuer, known: KnownKeys): Promise<KnownKeys | undefined> {
    return await this.#kept
      .newerThan(issuer.issuer, known, async () => await keysOf(issuer))
      .catch(unavailable);
  }
}

const keysOf = async (issuer: AssertionIssuer): Promise<readonly JWK[]> =>
  (await fetchIssuerKeys(issuer)).slice(0, MAX_KEYS);

const unavailable = (cause: unknown): never => {
  throw new GatehouseError('unavailable', 'the keys of an issuer of assertions cannot be fetched', { cause });
};
