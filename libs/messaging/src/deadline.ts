/** Message header with the caller's absolute deadline, in milliseconds since the epoch. */
export const DEADLINE_HEADER = 'gatehouse-deadline-ms';

/** @returns whether the deadline in the header has passed; an absent or unreadable header sets none. */
export function isPast(header: string | undefined, nowMs: number): boolean {
  if (header === undefined || !/^\d{1,16}$/.test(header)) return false;
  return Number(header) <= nowMs;
}
