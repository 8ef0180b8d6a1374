import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { collectStartGarbage } from './garbage.js';

test('what only the start needed is gone, and what is used stays', async () => {
  const used = { text: 'used' };
  const left = new WeakRef({ text: 'of the start' });
  const kept = new WeakRef(used);
  // A reference that was made or read in a turn keeps its object until the end of that turn (ECMA-262, 9.10).
  await turn();
  collectStartGarbage();
  expect(left.deref()).toBeUndefined();
  expect(kept.deref()).toBe(used);
});
