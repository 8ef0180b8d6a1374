import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';

const LONGEST_UNAVAILABLE_MS = MINUTE_MS;
const LONGEST_AMBIGUOUS_MS = 15 * MINUTE_MS;

/** @param jitter 0 to 1 */
const spread = (delayMs: number, jitter: number): number => Math.round(delayMs * (0.75 + jitter / 2));

/** How long a provider that failed is left alone: 1 s, 2 s, 4 s, … a minute. */
export const restAfterUnavailableMs = (failures: number, jitter: number): number =>
  spread(Math.min(LONGEST_UNAVAILABLE_MS, SECOND_MS * 2 ** Math.min(failures, 16)), jitter);

/**
 * How long an ambiguous refresh token is left alone before it is sent once more: 2 s, then ever longer. A provider with
 * a grace period or without rotation recovers at the first careful retry; one that saw a replay says `invalid_grant`.
 */
export const restAfterAmbiguousMs = (failures: number, jitter: number): number =>
  spread(Math.min(LONGEST_AMBIGUOUS_MS, 2 * SECOND_MS * 4 ** Math.min(failures, 8)), jitter);
