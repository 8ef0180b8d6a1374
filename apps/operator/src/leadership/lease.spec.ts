import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decide, observed, type LeaseFacts, type Observation } from './lease.js';

const lease = (holder: string, renewed: string): LeaseFacts => ({ holder, renewed, durationMs: 15_000 });

describe('who leads', () => {
  test.each([
    ['nobody yet', undefined, 0, 'take'],
    ['given back', lease('', '1'), 0, 'take'],
    ['ours', lease('a', '1'), 60_000, 'renew'],
    ['of somebody who renews', lease('b', '1'), 15_000, 'wait'],
    ['of somebody who renews no more', lease('b', '1'), 15_001, 'take'],
  ] as const)('a Lease %s', (_name, facts, agoMs, expected) => {
    expect(decide({ facts, sinceMs: 1_000 }, 'a', 1_000 + agoMs)).toBe(expected);
  });
});

test('a renewal is seen as one, whatever the clock of whoever renewed says', () => {
  const first = observed(undefined, lease('b', '1'), 0);
  expect(observed(first, lease('b', '1'), 9_000)).toBe(first);
  expect(observed(first, lease('b', '2'), 9_000).sinceMs).toBe(9_000);
  expect(observed(first, lease('c', '1'), 9_000).sinceMs).toBe(9_000);
});

/** One Lease, replicas that look at it at any time, and replace only what they read. */
test('two operators, one leader: whatever they look at and when, never two hold it at once', () => {
  const steps = fc.array(
    fc.record({ who: fc.constantFrom('a', 'b', 'c'), laterMs: fc.integer({ min: 1, max: 20_000 }) }),
    {
      maxLength: 60,
    },
  );
  fc.assert(
    fc.property(steps, (looks) => {
      let there: LeaseFacts | undefined;
      let version = 0;
      let nowMs = 0;
      const seen = new Map<string, Observation>();
      const until = new Map<string, number>();
      for (const { who, laterMs } of looks) {
        nowMs += laterMs;
        const observation = observed(seen.get(who), there, nowMs);
        seen.set(who, observation);
        if (decide(observation, who, nowMs) === 'wait') until.set(who, 0);
        else {
          version += 1;
          there = lease(who, String(version));
          until.set(who, nowMs + 10_000);
        }
        const leading = [...until.values()].filter((untilMs) => untilMs > nowMs);
        expect(leading.length).toBeLessThanOrEqual(1);
      }
    }),
  );
});
