import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeBucket, encodeBucket, isFull, takeTokens, type BucketState } from './token-bucket.js';

const rates = fc.record({
  maxTokens: fc.integer({ min: 1, max: 10_000 }),
  refillPeriodMs: fc.integer({ min: 1_000, max: 86_400_000 }),
});
const steps = fc.array(
  fc.record({ wanted: fc.integer({ min: 1, max: 500 }), afterMs: fc.integer({ min: -5_000, max: 100_000 }) }),
  { maxLength: 60 },
);

test('whatever is asked when, and however clocks differ: never more than the bucket and what time has added', () => {
  fc.assert(
    fc.property(rates, steps, (rate, all) => {
      let state: BucketState | undefined;
      let [nowMs, firstMs, lastMs, taken] = [1_000_000, Number.NaN, 0, 0];
      for (const { wanted, afterMs } of all) {
        nowMs += afterMs;
        const grant = takeTokens(state, rate, wanted, nowMs);
        if (Number.isNaN(firstMs)) firstMs = nowMs;
        lastMs = Math.max(lastMs, nowMs);
        ({ state } = grant);
        taken += grant.granted;
        expect(grant.granted).toBeLessThanOrEqual(wanted);
        expect(Number.isInteger(grant.granted)).toBe(true);
        expect(grant.waitMs > 0).toBe(grant.granted === 0);
        expect(state.tokens).toBeGreaterThanOrEqual(0);
      }
      const added = Number.isNaN(firstMs) ? 0 : ((lastMs - firstMs) * rate.maxTokens) / rate.refillPeriodMs;
      expect(taken).toBeLessThanOrEqual(rate.maxTokens + added + 1e-6 * (1 + added));
    }),
  );
});

test('after the wait that was said there is one, and a millisecond before there is none', () => {
  const rate = { maxTokens: 3, refillPeriodMs: 10_000 };
  const { state } = takeTokens(undefined, rate, 3, 0);
  const { waitMs } = takeTokens(state, rate, 1, 0);
  expect(takeTokens(state, rate, 1, waitMs - 1).granted).toBe(0);
  expect(takeTokens(state, rate, 1, waitMs).granted).toBe(1);
});

test('a replica whose clock is behind says a wait that is true: then there is one, and before there is none', () => {
  fc.assert(
    fc.property(rates, fc.integer({ min: 0, max: 7_200_000 }), (rate, behindMs) => {
      const atMs = 10_000_000;
      const { state } = takeTokens(undefined, rate, rate.maxTokens, atMs);
      const { waitMs } = takeTokens(state, rate, 1, atMs - behindMs);
      const thenMs = atMs - behindMs + waitMs;
      expect(takeTokens(state, rate, 1, thenMs).granted).toBe(1);
      // The division may be a little off, and rounds up.
      if (waitMs > behindMs + 2) expect(takeTokens(state, rate, 1, thenMs - 2).granted).toBe(0);
    }),
  );
});

test('a bucket is full again when its period is over, and not before', () => {
  fc.assert(
    fc.property(rates, (rate) => {
      const { state } = takeTokens(undefined, rate, rate.maxTokens, 0);
      expect(isFull(state, rate, rate.refillPeriodMs - 1)).toBe(false);
      expect(isFull(state, rate, rate.refillPeriodMs + 1)).toBe(true);
    }),
  );
});

test('what is given back can be taken, and does not overfill', () => {
  const rate = { maxTokens: 10, refillPeriodMs: 1_000_000 };
  const { state } = takeTokens(undefined, rate, 10, 0);
  const back = takeTokens(state, rate, -4, 0).state;
  expect(takeTokens(back, rate, 10, 0).granted).toBe(4);
  expect(takeTokens(back, rate, -100, 0).state.tokens).toBe(10);
});

test('a bucket is read as it was written, and nonsense is none', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.nat(), (tokens, atMs) => {
      expect(decodeBucket(encodeBucket({ tokens, atMs }))).toEqual({ tokens, atMs });
    }),
  );
  for (const text of ['', '{}', '[]', '["1",2]', 'null']) expect(decodeBucket(text)).toBeUndefined();
});
