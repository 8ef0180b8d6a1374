import { DAY_MS, HOUR_MS } from '@gatehouse/kernel/durations';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PUBLISHED_BEFORE_MS, rotationPlan, type KeptKey, type KeyStep } from './rotation-plan.js';

const key = (kid: string, changed: Partial<KeptKey> = {}): KeptKey => ({
  kid,
  alg: 'ES256',
  signsInMs: -HOUR_MS,
  signsForMs: null,
  isAsked: false,
  canSign: true,
  ...changed,
});
const ALGORITHMS = ['ES256'] as const;
const plan = (keys: readonly KeptKey[], lifespanMs?: number) =>
  rotationPlan(keys, { algorithms: ALGORITHMS, lifespanMs });
const made = (inMs: number, ...instead: string[]) => ({
  kind: 'make',
  alg: 'ES256',
  inMs,
  instead,
  isFirst: false,
});

describe('what has to be done with the keys', () => {
  test('nothing, while one signs', () => {
    expect(plan([key('a')])).toEqual([]);
    expect(plan([key('a', { signsForMs: 1 }), key('b', { signsInMs: 1 })])).toEqual([]);
  });

  test('without any, the first one is made, and signs at once', () => {
    expect(plan([])).toEqual([{ ...made(0), isFirst: true }]);
    expect(plan([key('of another algorithm', { alg: 'RS256' })])).toEqual([{ ...made(0), isFirst: true }]);
  });

  test('one that is asked for is published for as long as anybody keeps the published keys, and signs then', () => {
    expect(plan([key('a', { isAsked: true })])).toEqual([made(PUBLISHED_BEFORE_MS, 'a')]);
    expect(PUBLISHED_BEFORE_MS).toBeGreaterThan(HOUR_MS);
  });

  test('one that is asked for twice is one', () => {
    expect(plan([key('a', { isAsked: true, signsForMs: 1 }), key('b', { signsInMs: 1 })])).toEqual([]);
  });

  test('with a lifespan, the next one signs when that is over', () => {
    const age = (signsInMs: number) => plan([key('a', { signsInMs })], 90 * DAY_MS);
    expect(age(PUBLISHED_BEFORE_MS - 90 * DAY_MS + 1)).toEqual([]);
    expect(age(PUBLISHED_BEFORE_MS - 90 * DAY_MS)).toEqual([made(PUBLISHED_BEFORE_MS, 'a')]);
  });

  test('a key that is withdrawn: the next one signs at once, or else a new one', () => {
    expect(plan([key('next', { signsInMs: HOUR_MS })])).toEqual([{ kind: 'hasten', kid: 'next' }]);
    expect(plan([key('former', { signsForMs: -1 })])).toEqual([made(0)]);
  });

  test('one that does not open here signs nothing here; opened again, the newer one signs', () => {
    expect(plan([key('lost', { canSign: false })])).toEqual([made(0)]);
    expect(plan([key('found'), key('newer', { signsInMs: -1 })])).toEqual([{ kind: 'end', kids: ['found'] }]);
  });
});

/** Keys as a database may have them, whatever happened before. */
const someKeys = fc.array(
  fc
    .record({
      kid: fc.uuid(),
      alg: fc.constantFrom('ES256', 'RS256'),
      signsInMs: fc.integer({ min: -10 * DAY_MS, max: 2 * HOUR_MS }),
      lastsMs: fc.option(fc.integer({ min: 1, max: 2 * DAY_MS }), { nil: null }),
      isAsked: fc.boolean(),
      canSign: fc.boolean(),
    })
    .map(({ lastsMs, ...one }) => ({
      ...one,
      signsForMs: lastsMs === null ? null : one.signsInMs + lastsMs,
    })),
  { maxLength: 6 },
);

/** What the store does with a step. */
function done(keys: readonly KeptKey[], step: KeyStep): readonly KeptKey[] {
  switch (step.kind) {
    case 'make':
      return [
        ...keys.map((one) =>
          step.instead.includes(one.kid) ? { ...one, signsForMs: step.inMs, isAsked: false } : one,
        ),
        key(`new ${step.alg}`, { alg: step.alg, signsInMs: step.inMs }),
      ];
    case 'hasten':
      return keys.map((one) => (one.kid === step.kid ? { ...one, signsInMs: 0 } : one));
    case 'end':
      return keys.map((one) => (step.kids.includes(one.kid) ? { ...one, signsForMs: 0 } : one));
  }
}

const signs = ({ canSign, signsInMs, signsForMs }: KeptKey, afterMs = 0): boolean =>
  canSign && signsInMs <= afterMs && (signsForMs === null || signsForMs > afterMs);

test('whatever there is, after three looks nothing is left to do, and a key of each algorithm signs', () => {
  const rules = { algorithms: ['ES256', 'RS256'] as const, lifespanMs: 20 * DAY_MS };
  fc.assert(
    fc.property(someKeys, (before) => {
      let keys: readonly KeptKey[] = before;
      for (let look = 0; look < 3; look += 1)
        keys = rotationPlan(keys, rules).reduce((left, step) => done(left, step), keys);
      expect(rotationPlan(keys, rules)).toEqual([]);
      for (const alg of rules.algorithms)
        expect(keys.some((one) => one.alg === alg && signs(one))).toBe(true);
    }),
  );
});

test('a key that is made in the place of another one never leaves a moment in which none signs', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 * PUBLISHED_BEFORE_MS }), (afterMs) => {
      const before = [key('a', { isAsked: true })];
      const after = plan(before).reduce<readonly KeptKey[]>((left, step) => done(left, step), before);
      expect(after.filter((one) => signs(one, afterMs))).toHaveLength(1);
    }),
  );
});
