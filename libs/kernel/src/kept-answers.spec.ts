import { beforeEach, describe, expect, test } from '@jest/globals';
import { KeptAnswers } from './kept-answers.js';

const TIMES = { freshForMs: 100, usedForMs: 1_000, restMs: 10, restAfterFailureMs: 20 };

let nowMs: number;
let asked: number;
let isAway: boolean;
let failures: string[];
let kept: KeptAnswers<number>;

beforeEach(() => {
  nowMs = 1_000_000;
  asked = 0;
  isAway = false;
  failures = [];
  kept = new KeptAnswers({ nowMs: () => nowMs }, TIMES, (_error, name) => failures.push(name));
});

const ask = async (): Promise<number> => {
  asked += 1;
  if (isAway) throw new Error('away');
  return await Promise.resolve(asked);
};
const of = async (name = 'a') => (await kept.of(name, ask)).value;

describe('an answer', () => {
  test('is asked for once for all who want it, and again when it is old; each name has its own', async () => {
    expect(await Promise.all([of(), of(), of('b')])).toEqual([1, 1, 2]);
    nowMs += 99;
    expect(await of()).toBe(1);
    nowMs += 1;
    expect(await of()).toBe(3);
  });

  test('is used for longer while nobody answers, who is asked again after a rest; then there is none', async () => {
    expect(await of()).toBe(1);
    isAway = true;
    nowMs += 100;
    expect([await of(), await of(), asked]).toEqual([1, 1, 2]);
    nowMs += 20;
    expect([await of(), asked]).toEqual([1, 3]);
    expect(failures).toEqual(['a', 'a']);
    nowMs += 880;
    await expect(of()).rejects.toThrow('away');
    isAway = false;
    nowMs += 20;
    expect(await of()).toBe(5);
  });

  test('a failure is told once, for all who wait for it', async () => {
    isAway = true;
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, async () => await of()));
    expect([outcomes.every(({ status }) => status === 'rejected'), asked, failures]).toEqual([
      true,
      1,
      ['a'],
    ]);
  });
});

describe('a newer one than one that does not do', () => {
  test('is asked for, once for all and not at once after the last', async () => {
    const known = await kept.of('a', ask);
    const newer = async () => (await kept.newerThan('a', known, ask))?.value;
    nowMs += 9;
    expect(await newer()).toBeUndefined();
    nowMs += 1;
    expect(await Promise.all([newer(), newer()])).toEqual([2, 2]);
    expect(await of()).toBe(2);
  });

  test('is there already for whoever read the old one before somebody else asked', async () => {
    const old = await kept.of('a', ask);
    nowMs += 10;
    await kept.newerThan('a', old, ask);
    nowMs += 10;
    expect((await kept.newerThan('a', old, ask))?.value).toBe(2);
    expect(asked).toBe(2);
  });

  test('may be there while nobody answers: that is no answer', async () => {
    const known = await kept.of('a', ask);
    isAway = true;
    nowMs += 10;
    await expect(kept.newerThan('a', known, ask)).rejects.toThrow('away');
    await expect(kept.newerThan('a', known, ask)).rejects.toThrow('in vain');
    expect(asked).toBe(2);
    expect(await of()).toBe(1);
  });
});
