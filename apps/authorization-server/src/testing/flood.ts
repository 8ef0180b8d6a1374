import { systemClock } from '@gatehouse/kernel/clock';
import { whileStopped } from '@gatehouse/testing/stopped-clock';

/** All at once, and in no time: nothing is forgiven meanwhile. */
export const flood = async <Answer>(count: number, ask: () => Promise<Answer>): Promise<readonly Answer[]> =>
  await whileStopped(systemClock, () => Promise.all(Array.from({ length: count }, ask)));
