import { expect, test } from '@jest/globals';
import { Turns } from './turns.js';

/** Turns of the event loop, taken by hand. */
function byHand() {
  const waiting: (() => void)[] = [];
  const turns = new Turns((turn) => waiting.push(turn));
  return { turns, waiting, next: () => waiting.shift()?.() };
}

const inSlices = (log: string[], name: string, count: number) => {
  let done = 0;
  return () => {
    done += 1;
    log.push(name);
    return done < count;
  };
};

test('one slice runs in a turn of the event loop, whoever brings however much', async () => {
  const { turns, waiting, next } = byHand();
  const log: string[] = [];
  const all = ['a', 'b', 'c'].map((person) => turns.run(person, inSlices(log, person, 3)));
  for (let turn = 1; turn <= 9; turn += 1) {
    expect(waiting).toHaveLength(1);
    next();
    expect(log).toHaveLength(turn);
  }
  expect(waiting).toHaveLength(0);
  await Promise.all(all);
});

test('who brings the work of hundreds does not make anybody else wait for it', async () => {
  const { turns, next } = byHand();
  const log: string[] = [];
  for (let count = 0; count < 100; count += 1) void turns.run('greedy', inSlices(log, 'greedy', 50));
  const other = turns.run('other', inSlices(log, 'other', 3));
  for (let turn = 0; turn < 6; turn += 1) next();
  await other;
  expect(log).toEqual(['greedy', 'other', 'greedy', 'other', 'greedy', 'other']);
});

test("one person's own work is done in its order", async () => {
  const { turns, next } = byHand();
  const log: string[] = [];
  const both = [turns.run('a', inSlices(log, 'first', 2)), turns.run('a', inSlices(log, 'second', 1))];
  for (let turn = 0; turn < 3; turn += 1) next();
  await Promise.all(both);
  expect(log).toEqual(['first', 'first', 'second']);
});

test('a slice that fails ends its own work and nobody else’s', async () => {
  const { turns, next } = byHand();
  const log: string[] = [];
  const failing = turns.run('a', () => {
    throw new Error('broken');
  });
  const refused = expect(failing).rejects.toThrow('broken');
  const other = turns.run('b', inSlices(log, 'b', 2));
  for (let turn = 0; turn < 3; turn += 1) next();
  await refused;
  await other;
  expect(log).toEqual(['b', 'b']);
});

test('it goes on after it had nothing to do', async () => {
  const { turns, next } = byHand();
  for (let round = 0; round < 2; round += 1) {
    const run = turns.run('a', () => false);
    next();
    await run;
  }
});
