import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { freshnessOf, marginMs, useUntilMs } from './freshness.js';
import { restAfterAmbiguousMs, restAfterUnavailableMs } from './rest.js';

const obtainedAtMs = 1_700_000_000_000;
const lifetimes = fc.integer({ min: 1, max: 86_400_000 });
const jitters = fc.double({ min: 0, max: 1, noNaN: true });

test('a token goes from fresh to early to expired and never back, whatever its lifetime', () => {
  const order = { fresh: 0, early: 1, expired: 2 };
  fc.assert(
    fc.property(lifetimes, jitters, fc.array(fc.nat(90_000_000)), (lifetimeMs, jitter, instants) => {
      const lifetime = { obtainedAtMs, expiresAtMs: obtainedAtMs + lifetimeMs };
      const steps = instants
        .sort((a, b) => a - b)
        .map((at) => order[freshnessOf(lifetime, obtainedAtMs + at, jitter)]);
      expect(steps).toEqual([...steps].sort((a, b) => a - b));
    }),
  );
});

test('a new token is fresh, and one past its expiry is never handed out', () => {
  fc.assert(
    fc.property(lifetimes, jitters, fc.nat(1_000_000), (lifetimeMs, jitter, lateMs) => {
      const lifetime = { obtainedAtMs, expiresAtMs: obtainedAtMs + lifetimeMs };
      expect(freshnessOf(lifetime, obtainedAtMs, jitter)).toBe('fresh');
      expect(freshnessOf(lifetime, lifetime.expiresAtMs + lateMs, jitter)).toBe('expired');
    }),
  );
});

test('a receiver has to ask again within 30 seconds and before the token dies, but never in the past', () => {
  fc.assert(
    fc.property(lifetimes, fc.nat(86_400_000), (lifetimeMs, age) => {
      const lifetime = { obtainedAtMs, expiresAtMs: obtainedAtMs + lifetimeMs };
      const nowMs = obtainedAtMs + age;
      const until = useUntilMs(lifetime, nowMs);
      expect(until).toBeGreaterThanOrEqual(nowMs);
      expect(until).toBeLessThanOrEqual(nowMs + 30_000);
      if (nowMs < lifetime.expiresAtMs - marginMs(lifetime)) expect(until).toBeLessThan(lifetime.expiresAtMs);
    }),
  );
  expect(useUntilMs({ obtainedAtMs }, obtainedAtMs)).toBe(obtainedAtMs + 30_000);
});

test('a token without an expiry is fresh for ever', () => {
  expect(freshnessOf({ obtainedAtMs }, obtainedAtMs + 1e12, 1)).toBe('fresh');
});

test('a provider that keeps failing is asked ever more rarely, but within a quarter of an hour', () => {
  fc.assert(
    fc.property(fc.nat(1_000), jitters, (failures, jitter) => {
      expect(restAfterUnavailableMs(failures, jitter)).toBeLessThanOrEqual(18_750);
      expect(restAfterAmbiguousMs(failures, jitter)).toBeLessThanOrEqual(37_500);
      expect(restAfterUnavailableMs(failures, jitter)).toBeGreaterThanOrEqual(750);
      expect(restAfterUnavailableMs(failures + 2, 0)).toBeGreaterThanOrEqual(
        restAfterUnavailableMs(failures, 0),
      );
    }),
  );
});
