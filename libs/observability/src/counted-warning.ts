import { systemClock } from '@gatehouse/kernel/clock';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import type { Log, LogFields } from './log.js';

/**
 * A warning about something that may happen very often. The first is logged at once. The others are counted, and their
 * number is logged a minute later at the earliest, so that a flood of requests does not flood the log.
 */
export function countedWarning(
  log: Pick<Log, 'warn'>,
  event: string,
  fields: LogFields = {},
  clock = systemClock,
): () => void {
  let [count, saidAtMs] = [0, -Infinity];
  return () => {
    count += 1;
    const nowMs = clock.nowMs();
    if (nowMs - saidAtMs < MINUTE_MS) return;
    log.warn(event, { ...fields, count });
    [count, saidAtMs] = [0, nowMs];
  };
}
