import type { Clock } from '@gatehouse/kernel/clock';

export interface RateLimit {
  /** Requests that may come at once. */
  readonly burst: number;
  readonly perSecond: number;
}

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/** More callers than this are not told apart: the oldest are forgotten, which gives them a full bucket again. */
const MAX_CALLERS = 10_000;

/** A token bucket per caller, in this process. It bounds what one address can cost; it is no quota across replicas. */
export class RateLimiter {
  readonly #buckets = new Map<string, Bucket>();

  constructor(
    private readonly limit: RateLimit,
    private readonly clock: Clock,
  ) {}

  /** @returns 0 when the request may go on, otherwise the seconds after which it may be tried again. */
  waitSeconds(caller: string): number {
    const nowMs = this.clock.nowMs();
    const { burst, perSecond } = this.limit;
    const known = this.#buckets.get(caller) ?? { tokens: burst, filledAtMs: nowMs };
    const elapsedSeconds = Math.max(0, nowMs - known.filledAtMs) / 1_000;
    const tokens = Math.min(burst, known.tokens + elapsedSeconds * perSecond);
    const allowed = tokens >= 1;
    this.#remember(caller, { tokens: allowed ? tokens - 1 : tokens, filledAtMs: nowMs });
    return allowed ? 0 : Math.max(1, Math.ceil((1 - tokens) / perSecond));
  }

  #remember(caller: string, bucket: Bucket): void {
    // Deleted first, so that the map stays ordered by last use.
    this.#buckets.delete(caller);
    this.#buckets.set(caller, bucket);
    if (this.#buckets.size <= MAX_CALLERS) return;
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }
}
