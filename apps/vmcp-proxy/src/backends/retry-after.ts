import { HOUR_MS, SECOND_MS } from '@gatehouse/kernel/durations';

const MAX_SECONDS = (24 * HOUR_MS) / SECOND_MS;

/** The seconds that a `Retry-After` header asks for (RFC 9110, section 10.2.3), a day at most; `undefined` for none. */
export function retryAfterSeconds(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const seconds = /^\d{1,9}$/.test(header)
    ? Number(header)
    : Math.ceil((Date.parse(header) - nowMs) / SECOND_MS);
  return seconds > 0 ? Math.min(seconds, MAX_SECONDS) : undefined;
}
