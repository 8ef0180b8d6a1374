import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { CallTime, type TimeLimits } from './call-time.js';

/** A call whose clock is moved by hand, and what its response was told. */
function callWith(limits: TimeLimits) {
  const facts = { nowMs: 1_000, expiresAtMs: 0 };
  const time = new CallTime(limits, () => facts.nowMs);
  time.of({ expireAfter: (ms) => (facts.expiresAtMs = facts.nowMs + ms) });
  return { facts, time, at: (ms: number) => (facts.nowMs = 1_000 + ms) };
}

test('progress extends nothing where the configuration does not say so', () => {
  const { time, at, facts } = callWith({ timeoutMs: 3_000, maxTimeoutMs: 3_000 });
  at(2_000);
  time.progressed();
  expect([time.leftMs, facts.expiresAtMs]).toEqual([1_000, 0]);
});

// MCP 2025-11-25, lifecycle.
test('each sign of progress gives the call its whole time again, up to the bound', () => {
  const { time, at, facts } = callWith({ timeoutMs: 3_000, maxTimeoutMs: 8_000 });
  at(2_000);
  time.progressed();
  expect([time.leftMs, facts.expiresAtMs]).toEqual([3_000, 6_000]);
  at(4_000);
  time.progressed();
  expect(time.leftMs).toBe(3_000);
  at(6_900);
  time.progressed();
  expect([time.leftMs, facts.expiresAtMs]).toEqual([1_100, 9_000]);
  at(8_500);
  time.progressed();
  expect(time.leftMs).toBe(-500);
});

test('a person who is asked has ten minutes, and progress meanwhile takes none of them away', () => {
  const { time, at } = callWith({ timeoutMs: 3_000, maxTimeoutMs: 8_000 });
  time.waits(true);
  expect(time.leftMs).toBe(600_000);
  at(1_000);
  time.progressed();
  expect(time.leftMs).toBe(599_000);
  time.waits(false);
  expect(time.leftMs).toBe(3_000);
});

test('a call waits for what others of its session are asked, and none ends sooner for it', () => {
  const { time, at } = callWith({ timeoutMs: 3_000, maxTimeoutMs: 3_000 });
  at(2_000);
  time.sessionAsks(1);
  expect(time.leftMs).toBe(600_000);
  at(500_000);
  time.sessionAsks(2);
  expect(time.leftMs).toBe(600_000);
  time.waits(true);
  time.sessionAsks(1);
  time.sessionAsks(0);
  expect(time.leftMs).toBe(600_000);
  time.waits(false);
  expect(time.leftMs).toBe(3_000);
  const long = callWith({ timeoutMs: 3_600_000, maxTimeoutMs: 3_600_000 });
  long.time.sessionAsks(1);
  expect(long.time.leftMs).toBe(3_600_000);
});

test('whatever a backend reports, and when: no call ends later than its bound, and none earlier than its time limit', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000 }),
      fc.integer({ min: 1, max: 5_000 }),
      fc.array(fc.integer({ min: 0, max: 500 })),
      (timeoutMs, more, pauses) => {
        const maxTimeoutMs = timeoutMs + more;
        const { time, facts } = callWith({ timeoutMs, maxTimeoutMs });
        for (const pause of pauses) {
          facts.nowMs += pause;
          time.progressed();
          expect(time.deadlineAtMs).toBeGreaterThanOrEqual(1_000 + timeoutMs);
          expect(time.deadlineAtMs).toBeLessThanOrEqual(1_000 + maxTimeoutMs);
        }
      },
    ),
  );
});
