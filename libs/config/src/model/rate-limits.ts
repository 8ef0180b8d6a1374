/** What a limit counts apart. Nothing: all calls together. */
type CountedPer = 'user' | 'client' | 'tool' | 'backend';

/** A number of calls in a time, over all replicas: a bucket of tokens for each of what it counts apart. */
export interface RateLimit {
  /** DNS label; what refused callers and operators are told. */
  readonly name: string;
  readonly per: readonly CountedPer[];
  /** Absent: calls of all backends. */
  readonly backends?: readonly string[];
  /** Absent: all calls; else those of tools of these names, or patterns, as the backend gives them. */
  readonly tools?: readonly string[];
  readonly maxTokens: number;
  /** In which an empty bucket is full again. */
  readonly refillPeriodMs: number;
}

export interface RateLimiting {
  readonly limits: readonly RateLimit[];
  /** What happens while the replicas have no common count: each has the limit to itself, or calls are refused. */
  readonly whenUnavailable: 'local' | 'refuse';
}
