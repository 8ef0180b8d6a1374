import { expect, test } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LongWork } from './long-work.js';

const busy = (): void => {
  const untilMs = performance.now() + 12;
  while (performance.now() < untilMs);
};

test('others have their turn between two steps of long work, and short work waits for nobody', async () => {
  const work = new LongWork();
  let turns = 0;
  const others = (async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      await nextTurn();
      turns += 1;
    }
  })();
  busy();
  await work.pause();
  expect(turns).toBeGreaterThan(0);
  await others;
  expect(new LongWork().pause()).toBeUndefined();
});
