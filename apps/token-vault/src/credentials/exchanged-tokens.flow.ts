import { Inject, Injectable } from '@nestjs/common';
import type { IssuedToken } from '@gatehouse/config/model/outgoing-auth';
import { tokenEndpointsOf } from '@gatehouse/config/model/issued-endpoints';
import type { Clock } from '@gatehouse/kernel/clock';
import { newReference } from '@gatehouse/kernel/failure-reference';
import { equalsInConstantTime, sha256 } from '@gatehouse/kernel/digest';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { leadOrFollow } from '@gatehouse/kernel/lead-or-follow';
import type { Secret } from '@gatehouse/kernel/secret';
import { TokenFlights } from '@gatehouse/kernel/token-flights';
import { Log } from '@gatehouse/observability/log';
import { CLOCK } from '@gatehouse/service-process/injected';
import { keepBeating, succeeds } from '../leases/beats.job.js';
import { freshnessOf } from '../refresh/freshness.js';
import { reauthRequired } from '../refresh/reauth-required.js';
import type { ExchangeSubject, RefusedSubject, SubjectToken } from './exchange-subjects.flow.js';
import { CredentialMetrics } from './credential-metrics.js';
import type { Unissued } from './exchange-outcome.js';
import { IssueClient } from './issue.client.js';
import {
  ExchangedTokenStore,
  type CacheEntry,
  type ExchangedToken,
  type ExchangeLease,
} from './exchanged-token.store.js';

/** One exchange under way. */
interface ExchangeWork {
  readonly entry: CacheEntry;
  readonly strategy: IssuedToken<Secret>;
  readonly subject: ExchangeSubject;
  readonly subjectToken: SubjectToken | undefined;
}

/** A follower waits this much longer than the exchange may take. */
const WAIT_MARGIN_MS = 2 * SECOND_MS;
/** A younger token is not exchanged again: a backend that refuses every token would cause one exchange per call. */
const TOO_YOUNG_TO_REFUSE_MS = 10 * SECOND_MS;

/** By what is refused. */
const CODES = {
  nobody: 'exchange_unavailable',
  subject: 'exchange_refused',
  person: 'exchange_refused',
  settings: 'exchange_refused',
  role: 'role_missing',
} as const;

/** The endpoint refused the subject token: a newer one may be taken. */
export class SubjectRefused extends GatehouseError {
  constructor(
    readonly refusal: RefusedSubject,
    ...rest: ConstructorParameters<typeof GatehouseError>
  ) {
    super(...rest);
  }
}

/** Tokens that endpoints issued for backends, cached until shortly before they expire; one exchange at a time per entry, over all replicas. */
@Injectable()
export class ExchangedTokens {
  readonly #exchanges = new TokenFlights<string, ExchangedToken>();

  constructor(
    private readonly store: ExchangedTokenStore,
    private readonly client: IssueClient,
    private readonly metrics: CredentialMetrics,
    private readonly log: Log,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @throws {SubjectRefused} when a newer subject token may help
   * @throws {GatehouseError} `exchange_refused`, `exchange_unavailable`, `role_missing`, `reauth_required`, `busy`, `token_invalid` when the
   * caller's own token has ended meanwhile, and what the subject's tokens throw
   */
  async token(
    entry: CacheEntry,
    strategy: IssuedToken<Secret>,
    subject: ExchangeSubject,
    refused: string | undefined,
  ): Promise<ExchangedToken> {
    const cached = await this.store.find(entry);
    if (cached?.token !== undefined && this.#usable(cached.token, refused)) {
      this.metrics.exchanged(entry.backend, 'cached');
      return cached.token;
    }
    subject.stillLives?.();
    const own = subject.callersToken === undefined ? {} : { token: subject.callersToken };
    return await this.#exchanges.run(entry.key, own, () =>
      this.#leadOrFollow(entry, strategy, subject, cached?.version ?? 0),
    );
  }

  async #leadOrFollow(
    entry: CacheEntry,
    strategy: IssuedToken<Secret>,
    subject: ExchangeSubject,
    seenVersion: number,
  ): Promise<ExchangedToken> {
    // The subject's tokens may have to be refreshed first. That comes before the lease, which would run out meanwhile.
    const subjectToken = await subject.token();
    return await leadOrFollow({
      acquire: () => this.store.acquire(entry, seenVersion),
      lead: (lease) => this.#exchange(lease, { entry, strategy, subject, subjectToken }),
      look: async () => {
        const now = await this.store.find(entry);
        return now !== undefined && now.version > seenVersion ? now.token : undefined;
      },
      patienceMs: tokenEndpointsOf(strategy).length * strategy.timeoutMs + WAIT_MARGIN_MS,
      busy: 'another replica still exchanges this token',
    });
  }

  async #exchange(lease: ExchangeLease, work: ExchangeWork): Promise<ExchangedToken> {
    const { entry, strategy, subject, subjectToken } = work;
    const { backend } = entry;
    const obtainedAtMs = this.clock.nowMs();
    // If the lease is not renewed, another replica makes a second exchange. That does no harm.
    const stop = keepBeating(async () => {
      await succeeds(this.store.renew(lease));
    });
    const outcome = await this.client
      .issue(strategy, subjectToken)
      .catch(async (error: unknown) => {
        // Nothing was published: the next call need not wait until the lease is over.
        await succeeds(this.store.release(lease));
        throw error;
      })
      .finally(stop);
    if (outcome.kind === 'exchanged') {
      const { accessToken, signingKey } = outcome;
      const expiresAtMs = Math.min(outcome.expiresAtMs, subject.endsAtMs ?? Infinity);
      const token = {
        accessToken,
        ...(signingKey === undefined ? {} : { signingKey }),
        obtainedAtMs,
        expiresAtMs,
      };
      await this.store.publish(lease, entry, token);
      this.metrics.exchanged(backend, 'exchanged');
      return token;
    }
    await this.store.release(lease);
    // Without it the next sign-in shows no more than this one, and the endpoint says so again.
    await succeeds(this.#noteWanted(work, outcome));
    throw this.#failed(work, outcome);
  }

  /**
   * The next sign-in shows what the endpoint wants to see. On behalf of somebody, the endpoint and the sign-in are one server's; what any
   * other endpoint says is no reason to ask a provider for anything.
   */
  async #noteWanted({ entry, strategy }: ExchangeWork, outcome: Unissued): Promise<void> {
    if (strategy.type !== 'obo' || outcome.kind !== 'refused' || outcome.claims === undefined) return;
    if (entry.connectionId !== undefined)
      await this.store.noteWanted(entry.connectionId, { claims: outcome.claims });
  }

  /** Whether that is what the entry holds now. */
  async isCurrent(entry: CacheEntry, digest: string): Promise<boolean> {
    const token = (await this.store.find(entry))?.token;
    return token !== undefined && equalsInConstantTime(sha256(token.accessToken), digest);
  }

  #failed(
    { entry: { backend }, subject: { provider }, subjectToken }: ExchangeWork,
    outcome: Unissued,
  ): GatehouseError {
    const { about, unclear = false } = outcome.kind === 'refused' ? outcome : {};
    const hasEnded = about === 'subject' && (subjectToken?.endsAtMs ?? Infinity) <= this.clock.nowMs();
    const code = hasEnded ? 'token_invalid' : CODES[about ?? 'nobody'];
    this.metrics.exchanged(backend, code);
    // Whoever waits for this exchange gets the number: they may be many.
    const reference = newReference();
    this.log.warn('token-exchange-failed', {
      backend,
      provider,
      reference,
      errorCode: code,
      reason: outcome.reason,
      status: outcome.status,
      about,
      ...outcome.said,
    });
    // Only a new sign-in at the subject's provider can satisfy the endpoint. The connection itself still works elsewhere.
    if (about === 'person' && provider !== undefined) return reauthRequired({ provider }, reference);
    const text = `${backend}: ${outcome.reason}`;
    const options = { details: { backend, reference } };
    if (about !== 'subject' || subjectToken === undefined || hasEnded)
      return new GatehouseError(code, text, options);
    const { digest, actor } = subjectToken;
    return new SubjectRefused({ digest, actorDigest: actor?.digest, unclear }, code, text, options);
  }

  #usable(token: ExchangedToken, refused: string | undefined): boolean {
    const nowMs = this.clock.nowMs();
    if (freshnessOf(token, nowMs, 0) === 'expired') return false;
    const isRefused = refused !== undefined && equalsInConstantTime(sha256(token.accessToken), refused);
    return !isRefused || nowMs - token.obtainedAtMs < TOO_YOUNG_TO_REFUSE_MS;
  }
}
