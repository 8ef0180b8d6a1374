/** A bucket of tokens: it is full at first, and fills up again in the period. */
export interface BucketRate {
  readonly maxTokens: number;
  readonly refillPeriodMs: number;
}

/** What is in a bucket at a time. */
export interface BucketState {
  readonly tokens: number;
  readonly atMs: number;
}

export interface Grant {
  readonly state: BucketState;
  /** Whole tokens; 0: there is none. */
  readonly granted: number;
  /** Until there is one again; 0 where some were granted. */
  readonly waitMs: number;
}

/**
 * Takes tokens, as many as there are of those that are wanted. Clocks of replicas differ: time never runs backwards in a bucket,
 * so that a difference gives its tokens once and not with every change of the replica.
 * @param before absent: nobody has taken anything yet.
 * @param wanted negative: gives so many back.
 */
export function takeTokens(
  before: BucketState | undefined,
  { maxTokens, refillPeriodMs }: BucketRate,
  wanted: number,
  nowMs: number,
): Grant {
  const known = before ?? { tokens: maxTokens, atMs: nowMs };
  const atMs = Math.max(known.atMs, nowMs);
  const perMs = maxTokens / refillPeriodMs;
  const filled = Math.min(maxTokens, known.tokens + (atMs - known.atMs) * perMs);
  if (wanted < 0)
    return { state: { tokens: Math.min(maxTokens, filled - wanted), atMs }, granted: 0, waitMs: 0 };
  // Sums of fractions are a little off.
  const granted = Math.min(wanted, Math.floor(filled + 1e-9));
  const tokens = Math.max(0, filled - granted);
  return {
    state: { tokens, atMs },
    granted,
    // A bucket that is ahead of this clock fills up from its own time on.
    waitMs: granted > 0 ? 0 : atMs - nowMs + Math.max(1, Math.ceil((1 - filled) / perMs)),
  };
}

/** Nothing would be different if nobody had ever taken anything. */
export const isFull = (
  { tokens, atMs }: BucketState,
  { maxTokens, refillPeriodMs }: BucketRate,
  nowMs: number,
): boolean => tokens + ((nowMs - atMs) * maxTokens) / refillPeriodMs >= maxTokens;

export const encodeBucket = ({ tokens, atMs }: BucketState): string => JSON.stringify([tokens, atMs]);

/** @returns `undefined` for what is none: the bucket is a full one then. */
export function decodeBucket(text: string): BucketState | undefined {
  try {
    const [tokens, atMs] = JSON.parse(text) as readonly unknown[];
    return typeof tokens === 'number' && typeof atMs === 'number' ? { tokens, atMs } : undefined;
  } catch {
    return undefined;
  }
}
