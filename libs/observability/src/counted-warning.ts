import { systemClock } from '@gatehouse/kernel/clock';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import type { Log, LogFields } from './log.js';

/**
 * A warning about what comes in floods: the first is logged at once, the others by their number, with the next line a
 * minute later at the earliest. Whoever floods does not write the log.
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
