import { SECOND_MS } from '@gatehouse/kernel/durations';

/** People wait so long after an outage at most: a connection asks its provider only while somebody calls. */
const LONGEST_UNAVAILABLE_MS = 15 * SECOND_MS;
/** Grace periods of providers are short: to wait on would make a lost answer no better. */
const LONGEST_AMBIGUOUS_MS = 30 * SECOND_MS;

/** @param jitter 0 to 1 */
const spread = (delayMs: number, jitter: number): number => Math.round(delayMs * (0.75 + jitter / 2));

/** How long a provider that failed is left alone: 1 s, 2 s, 4 s, … 15 s. */
export const restAfterUnavailableMs = (failures: number, jitter: number): number =>
  spread(Math.min(LONGEST_UNAVAILABLE_MS, SECOND_MS * 2 ** Math.min(failures, 16)), jitter);

/**
 * How long an ambiguous refresh token is left alone before it is sent once more: 2 s, 8 s, then 30 s. A provider with
 * a grace period or without rotation recovers at the first careful retry; one that saw a replay says `invalid_grant`.
 */
export const restAfterAmbiguousMs = (failures: number, jitter: number): number =>
  spread(Math.min(LONGEST_AMBIGUOUS_MS, 2 * SECOND_MS * 4 ** Math.min(failures, 8)), jitter);
