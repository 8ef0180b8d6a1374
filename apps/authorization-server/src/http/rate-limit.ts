import type { Clock } from '@gatehouse/kernel/clock';

export interface RateLimit {
  /** Requests that may come at once. */
  readonly burst: number;
  readonly perSecond: number;
}

interface Bucket {
  readonly tokens: number;
  readonly filledAtMs: number;
}

/** Callers beyond this number share one bucket. */
const MAX_CALLERS = 10_000;
/** The shared bucket is as large as this many. */
const CROWD = 10;

/**
 * A token bucket per caller, in this process. It bounds what one address can cost; it is no quota across replicas.
 * Memory is bounded, and no limited caller is forgotten: only a full bucket is dropped, because a new one is just as full.
 * Callers without a bucket of their own share one.
 */
export class RateLimiter {
  readonly #buckets = new Map<string, Bucket>();
  #crowd: Bucket = { tokens: Infinity, filledAtMs: 0 };

  constructor(
    private readonly limit: RateLimit,
    private readonly clock: Clock,
  ) {}

  /** @returns 0 when the request may go on, otherwise the seconds after which it may be tried again. */
  waitSeconds(caller: string): number {
    const nowMs = this.clock.nowMs();
    const known = this.#buckets.get(caller);
    if (known === undefined && !this.#hasRoom(nowMs)) {
      const { burst, perSecond } = this.limit;
      const [crowd, wait] = taken(this.#crowd, { burst: burst * CROWD, perSecond: perSecond * CROWD }, nowMs);
      this.#crowd = crowd;
      return wait;
    }
    const [bucket, wait] = taken(known ?? { tokens: this.limit.burst, filledAtMs: nowMs }, this.limit, nowMs);
    // Deleted first, so that the map stays ordered by last use.
    this.#buckets.delete(caller);
    this.#buckets.set(caller, bucket);
    return wait;
  }

  #hasRoom(nowMs: number): boolean {
    if (this.#buckets.size < MAX_CALLERS) return true;
    const [oldest] = this.#buckets;
    if (oldest === undefined || filled(oldest[1], this.limit, nowMs).tokens < this.limit.burst) return false;
    return this.#buckets.delete(oldest[0]);
  }
}

/** A bucket as time has filled it. */
function filled({ tokens, filledAtMs }: Bucket, { burst, perSecond }: RateLimit, nowMs: number): Bucket {
  const elapsedSeconds = Math.max(0, nowMs - filledAtMs) / 1_000;
  return { tokens: Math.min(burst, tokens + elapsedSeconds * perSecond), filledAtMs: nowMs };
}

/** @returns the bucket after one request, and how many seconds it has to wait. */
function taken(bucket: Bucket, limit: RateLimit, nowMs: number): [Bucket, number] {
  const { tokens, filledAtMs } = filled(bucket, limit, nowMs);
  if (tokens >= 1) return [{ tokens: tokens - 1, filledAtMs }, 0];
  return [{ tokens, filledAtMs }, Math.max(1, Math.ceil((1 - tokens) / limit.perSecond))];
}
