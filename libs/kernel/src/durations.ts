const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export const SECOND_MS = UNITS_MS.s;
export const MINUTE_MS = UNITS_MS.m;
export const HOUR_MS = UNITS_MS.h;
export const DAY_MS = UNITS_MS.d;

/** Reads `30s`, `15m`, `1h`, `7d` or `250ms` as milliseconds; anything else, a bare number included, is `undefined`. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text);
  if (match === null) return undefined;
  const unit = match[2] as keyof typeof UNITS_MS;
  return Number(match[1]) * UNITS_MS[unit];
}
