import { setFlagsFromString, getHeapSpaceStatistics } from 'node:v8';
import { runInNewContext } from 'node:vm';
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

const KEPT_AT_ONCE = 32;
const CALLS = 4_000;
const DOUBLES = 1_000;

/** How much of 32 MB, 256 KB of it in use at a time, gets old when only what is young is collected. */
function bytesThatGetOld(add: (member: object) => () => void): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as NodeJS.GCFunction;
  const old = (): number =>
    getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space')?.space_used_size ?? NaN;
  const leaves: (() => void)[] = [];
  const call = (): void => {
    leaves.push(add({ held: Array.from({ length: DOUBLES }, () => 0.5) }));
    if (leaves.length > KEPT_AT_ONCE) leaves.shift()?.();
  };
  for (let calls = 0; calls < KEPT_AT_ONCE; calls += 1) call();
  collect();
  const before = old();
  for (let calls = 0; calls < CALLS; calls += 1) {
    call();
    if (calls % KEPT_AT_ONCE === 0) collect({ type: 'minor', execution: 'sync' });
  }
  return old() - before;
}

test('nothing that has gone is held, however often others come and go', () => {
  const live = new LiveSet<object>();
  const inLiveSet = bytesThatGetOld((member) => live.add(member));
  const set = new Set<object>();
  const inSet = bytesThatGetOld((member) => {
    set.add(member);
    return () => set.delete(member);
  });
  // That of a set is why there is this class: when V8 holds nothing any more there, the class can go.
  expect(inSet).toBeGreaterThan((CALLS * DOUBLES * 8) / 4);
  expect(inLiveSet).toBeLessThan(inSet / 8);
});
