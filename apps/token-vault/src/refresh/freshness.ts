import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';

/** `fresh`: hand it out. `early`: hand it out and refresh behind it. `expired`: it would not live through a call. */
export type Freshness = 'fresh' | 'early' | 'expired';

export interface AccessLifetime {
  readonly obtainedAtMs: number;
  /** Absent: unknown, so it is good until somebody refuses it. */
  readonly expiresAtMs?: number;
}

const LONGEST_EARLY_WINDOW_MS = MINUTE_MS;
const EARLY_SHARE = 0.2;
const LONGEST_MARGIN_MS = 5 * SECOND_MS;
const MARGIN_SHARE = 0.1;
/** `expires_in` counts whole seconds (RFC 6749, section 5.1) and providers round the end down: a second is uncertain. */
const LEAST_MARGIN_MS = 1.5 * SECOND_MS;
/** A token with a very short life is used for half of it. */
const LARGEST_MARGIN_SHARE = 0.5;
/** A released credential is asked for again after this long, so that a revocation takes effect. */
const LONGEST_USE_MS = 30 * SECOND_MS;

const lifetimeMs = ({ obtainedAtMs, expiresAtMs }: Required<AccessLifetime>): number =>
  Math.max(0, expiresAtMs - obtainedAtMs);

/** A token is not handed out in its last moments: it has to live until the backend has checked it. */
export const marginMs = (lifetime: Required<AccessLifetime>): number =>
  Math.min(
    LONGEST_MARGIN_MS,
    LARGEST_MARGIN_SHARE * lifetimeMs(lifetime),
    Math.max(LEAST_MARGIN_MS, MARGIN_SHARE * lifetimeMs(lifetime)),
  );

const hasExpiry = (lifetime: AccessLifetime): lifetime is Required<AccessLifetime> =>
  lifetime.expiresAtMs !== undefined;

/** @param jitter 0 to 1; spreads the early refreshes of replicas and connections over the window */
export function freshnessOf(lifetime: AccessLifetime, nowMs: number, jitter: number): Freshness {
  if (!hasExpiry(lifetime)) return 'fresh';
  const remainingMs = lifetime.expiresAtMs - nowMs;
  if (remainingMs <= marginMs(lifetime)) return 'expired';
  const windowMs = Math.min(LONGEST_EARLY_WINDOW_MS, EARLY_SHARE * lifetimeMs(lifetime));
  return remainingMs <= windowMs * (0.5 + jitter / 2) ? 'early' : 'fresh';
}

/** Whether the token still works at all. It is used when the provider cannot give a new one. */
export const stillLives = (lifetime: AccessLifetime, nowMs: number): boolean =>
  lifetime.expiresAtMs === undefined || lifetime.expiresAtMs - nowMs > SECOND_MS;

/** When the receiver of the token has to ask again: well before it expires, and soon in any case. */
export function useUntilMs(lifetime: AccessLifetime, nowMs: number): number {
  const longest = nowMs + LONGEST_USE_MS;
  const safe = hasExpiry(lifetime) ? lifetime.expiresAtMs - marginMs(lifetime) : longest;
  return Math.floor(Math.max(nowMs, Math.min(longest, safe)));
}
