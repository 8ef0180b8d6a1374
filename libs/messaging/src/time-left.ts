/**
 * Message header with the milliseconds that the caller still waits when it sends. An instant would be read on another
 * machine's clock: with clocks five seconds apart, everything would be late.
 */
export const TIME_LEFT_HEADER = 'gatehouse-time-left-ms';

/** @returns whether nobody waits any more; an absent or unreadable header says nothing. */
export const isOver = (header: string | undefined): boolean =>
  header !== undefined && /^-?\d{1,16}$/.test(header) && Number(header) <= 0;
