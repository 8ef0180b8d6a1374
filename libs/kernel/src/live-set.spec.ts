import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { LiveSet } from './live-set.js';

test('shows who is there, and takes away once', () => {
  const set = new LiveSet<string>();
  const leave = new Map(['a', 'b', 'c'].map((name) => [name, set.add(name)]));
  leave.get('a')?.();
  leave.get('a')?.();
  expect([...set].toSorted()).toEqual(['b', 'c']);
  set.add('d');
  leave.get('c')?.();
  leave.get('b')?.();
  expect([...set]).toEqual(['d']);
  expect(set.size).toBe(1);
});

test('the same thing can be there twice', () => {
  const set = new LiveSet<string>();
  const leave = set.add('a');
  set.add('a');
  leave();
  expect([...set]).toEqual(['a']);
});

test('some go and some come while they are shown', () => {
  const set = new LiveSet<number>();
  const leaves = [1, 2, 3].map((number) => set.add(number));
  const shown: number[] = [];
  for (const number of set) {
    shown.push(number);
    leaves.forEach((leave) => leave());
    set.add(4);
  }
  expect(shown).toEqual([1, 2, 3]);
  expect(set.size).toBe(3);
});

const CALLS = 4_000;
const BYTES = 8_000;

/**
 * How much of 32 MB, 256 KB of it in use at a time, gets old when only what is young is collected. In a process of its own, where nothing
 * else is. A `Set` in its place keeps 4 to 30 MB: it depends on when its first table gets old.
 */
const SCRIPT = `
  import { getHeapSpaceStatistics } from 'node:v8';
  const { LiveSet } = await import(${JSON.stringify(new URL('live-set.ts', import.meta.url).href)});
  const set = new LiveSet(), leaves = [];
  const old = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space').space_used_size;
  const call = () => {
    leaves.push(set.add({ held: Array.from({ length: ${BYTES / 8} }, () => 0.5) }));
    if (leaves.length > 32) leaves.shift()();
  };
  for (let calls = 0; calls < 32; calls += 1) call();
  gc();
  const before = old();
  for (let calls = 0; calls < ${CALLS}; calls += 1) {
    call();
    if (calls % 32 === 0) gc({ type: 'minor', execution: 'sync' });
  }
  console.log(old() - before);
`;

test('nothing that has gone is held, however often others come and go', async () => {
  const flags = ['--expose-gc', '--no-warnings', '--experimental-strip-types', '--input-type=module'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, '-e', SCRIPT]);
  expect(Number(stdout)).toBeLessThan((CALLS * BYTES) / 16);
});
