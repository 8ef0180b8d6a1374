/**
 * Message header: for how many milliseconds the caller still waits. A point in time would be read on another machine's
 * clock, and with clocks five seconds apart everything would be late.
 */
export const TIME_LEFT_HEADER = 'gatehouse-time-left-ms';

/**
 * @returns whether the caller has stopped waiting. Without a readable header nothing is known, and the answer is no.
 */
export const isOver = (header: string | undefined): boolean =>
  header !== undefined && /^-?\d{1,16}$/.test(header) && Number(header) <= 0;
