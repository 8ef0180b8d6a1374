import { sha256 } from '@gatehouse/kernel/digest';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { attemptState } from '../testing/attempt-states.js';
import { ended, forgotten, isExpected, received } from './arrivals.js';
import { parseAttemptState, type AttemptState } from './attempt.js';

const KEYS = ['a', 'b', 'c'].map(sha256);
const key = fc.constantFrom(...KEYS);
const step = fc.oneof(
  key.map((of) => ({ kind: 'received' as const, of })),
  key.map((of) => ({ kind: 'ended' as const, of })),
  key.map((of) => ({ kind: 'forgotten' as const, of })),
);

describe('the callbacks of an attempt', () => {
  test('of any number of deliveries one is the first, until nothing was made of it', () => {
    fc.assert(
      fc.property(attemptState, fc.array(step, { maxLength: 40 }), (begun, steps) => {
        let state: AttemptState = begun;
        const seen = new Set<string>();
        for (const [nowMs, { kind, of }] of steps.entries()) {
          if (kind === 'received') {
            const { reception, state: next } = received(state, of, nowMs);
            expect(reception === 'first').toBe(!seen.has(of));
            seen.add(of);
            state = next;
          } else {
            if (kind === 'forgotten') seen.delete(of);
            state = kind === 'ended' ? ended(state, of) : forgotten(state, of);
          }
        }
      }),
    );
  });

  test('an outcome is expected from the first delivery to its end, and for a minute at most', () => {
    fc.assert(
      fc.property(attemptState, key, fc.nat(), (begun, of, nowMs) => {
        const { state } = received(begun, of, nowMs);
        expect(isExpected(state, nowMs)).toBe(true);
        expect(isExpected(received(state, of, nowMs + 1).state, nowMs + 60_000)).toBe(false);
        expect(isExpected(ended(state, of), nowMs)).toBe(false);
        expect(isExpected(forgotten(state, of), nowMs)).toBe(false);
      }),
    );
  });

  test('attack: a callback that a provider sends for ever does not send the browser round for ever', () => {
    let state = received({ ...blank(), arrivals: {} }, KEYS[0] ?? '', 0).state;
    const receptions = Array.from({ length: 12 }, (_none, at) => {
      const next = received(state, KEYS[0] ?? '', at);
      ({ state } = next);
      return next.reception;
    });
    expect(receptions.slice(0, 5)).toEqual(Array(5).fill('repeated'));
    expect(receptions.slice(5)).toEqual(Array(7).fill('too-often'));
  });

  test('attack: made-up callbacks without end do not make the attempt grow', () => {
    let state: AttemptState = blank();
    for (let at = 0; at < 200; at += 1) ({ state } = received(state, sha256(String(at)), at));
    expect(Object.keys(state.arrivals ?? {})).toHaveLength(16);
    expect(received(state, sha256('199'), 200).reception).toBe('repeated');
  });

  test('are stored and read as they are', () => {
    fc.assert(
      fc.property(attemptState, key, fc.nat(), (begun, of, nowMs) => {
        const { state } = received(begun, of, nowMs);
        expect(parseAttemptState(JSON.parse(JSON.stringify(state)))).toEqual(state);
      }),
    );
  });
});

const blank = (): AttemptState => ({ kind: 'connect', legs: {}, fresh: [], adopted: false });
