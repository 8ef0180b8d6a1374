import type { Clock } from '@gatehouse/kernel/clock';

/** No time passes on the clock while `work` runs, however long the machine takes for it. */
export async function whileStopped<Value>(
  clock: Clock,
  work: (nowMs: number) => Promise<Value>,
): Promise<Value> {
  const nowMs = clock.nowMs();
  const running = clock.nowMs.bind(clock);
  clock.nowMs = () => nowMs;
  try {
    return await work(nowMs);
  } finally {
    clock.nowMs = running;
  }
}
