import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { HeldTime, waitedFor } from './held-time.js';

test('the time for which the backend is waited for is left out, each time that it is', () => {
  const held = new HeldTime(1_000);
  held.began(1_005);
  held.ended(1_105, false);
  // Refused, and sent again with another credential.
  held.began(1_115);
  held.ended(1_315, false);
  expect(held.passedOnBy(1_318)).toBe(5 + 10 + 3);
});

test('when a stream is passed on, it is over: what comes later is the backend’s, or a person’s', () => {
  const held = new HeldTime(1_000);
  held.began(1_004);
  held.ended(1_100, true);
  held.began(2_000);
  held.ended(3_000, false);
  expect(held.passedOnBy(9_000)).toBe(4);
});

test('a call that ends while it waits was not held meanwhile', () => {
  const held = new HeldTime(1_000);
  held.began(1_002);
  expect(held.passedOnBy(31_000)).toBe(2);
});

test('what is waited for and fails was waited for as well', async () => {
  const held = new HeldTime(performance.now());
  await expect(waitedFor(held, Promise.reject(new Error('planted')))).rejects.toThrow('planted');
  // From here on the gateway is at work again, for so long at least.
  expect(held.passedOnBy(performance.now() + 100)).toBeGreaterThanOrEqual(100);
});

test('whatever is told in whatever order, it is neither negative nor more than the whole time', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 1_000 }), fc.constantFrom('began', 'ended', 'passed on')), {
        maxLength: 30,
      }),
      (told) => {
        const held = new HeldTime(0);
        let nowMs = 0;
        for (const [laterMs, what] of told) {
          nowMs += laterMs;
          if (what === 'began') held.began(nowMs);
          else held.ended(nowMs, what === 'passed on');
        }
        const heldMs = held.passedOnBy(nowMs);
        expect(heldMs).toBeGreaterThanOrEqual(0);
        expect(heldMs).toBeLessThanOrEqual(nowMs);
        expect(held.passedOnBy(nowMs + 1_000)).toBe(heldMs);
      },
    ),
  );
});
