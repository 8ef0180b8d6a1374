import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import * as fc from 'fast-check';
import { ExchangeLimits, type Slot } from './exchange-limits.flow.js';
import { retryAfterSeconds } from './retry-after.js';

const LIMITS = { calls: 4, callsPerPerson: 2, streams: 3, streamsPerPerson: 2 };
const BUSY = { code: 'busy', details: { backend: 'b', retryAfterSeconds: '1' } };

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A slot of a stream, and why it was stopped. */
function streaming(limits: ExchangeLimits, person: string | undefined) {
  const slot = limits.enter('call', person);
  const stopped: GatehouseError[] = [];
  slot.streams((reason) => stopped.push(reason));
  return { slot, stopped };
}

test('one person cannot have more than its share, in however many sign-ins, and gets it back', () => {
  const limits = new ExchangeLimits('b', LIMITS);
  const slots = [limits.enter('call', 'a'), limits.enter('call', 'a')];
  expect(() => limits.enter('call', 'a')).toThrow('too many calls are running');
  limits.enter('call', 'b');
  slots.forEach((slot) => slot.leave());
  // It is over once.
  slots.forEach((slot) => slot.leave());
  limits.enter('call', 'a');
  limits.enter('call', 'a');
  expect(() => limits.enter('call', 'a')).toThrow();
});

test('all persons together cannot have more than the backend takes; callers that cannot be told apart have no share', () => {
  const limits = new ExchangeLimits('b', LIMITS);
  for (let count = 0; count < 4; count += 1) limits.enter('call', undefined);
  for (const person of [undefined, 'a'])
    expect(() => limits.enter('call', person)).toThrow('too many calls are running');
});

test('streams take no place of calls, and calls none of streams', () => {
  const limits = new ExchangeLimits('b', LIMITS);
  for (const person of ['a', 'b', 'c']) streaming(limits, person);
  for (const person of ['a', 'b', 'c', 'd']) limits.enter('call', person);
  expect(() => limits.enter('call', 'e')).toThrow();
});

test('a person with too many streams is told at once, and the call’s place is free again when it is over', () => {
  const limits = new ExchangeLimits('b', LIMITS);
  streaming(limits, 'a');
  streaming(limits, 'a');
  const third = streaming(limits, 'a');
  expect(third.stopped).toMatchObject([{ ...BUSY, details: { ...BUSY.details, ran: 'maybe' } }]);
  third.slot.leave();
  for (const person of ['a', 'a', 'b', 'b']) limits.enter('call', person);
});

test('when there are too many streams of all, a short answer still has its time, and a long one does not', () => {
  const limits = new ExchangeLimits('b', LIMITS, 5_000);
  const open = ['a', 'b', 'c'].map((person) => streaming(limits, person));
  const [short, long, lucky] = ['d', 'e', 'f'].map((person) => streaming(limits, person));
  jest.advanceTimersByTime(4_999);
  short?.slot.leave();
  open[0]?.slot.leave();
  jest.advanceTimersByTime(1);
  expect(short?.stopped).toEqual([]);
  // A place among the streams was free by then.
  expect([long?.stopped.length, lucky?.stopped.length]).toEqual([0, 1]);
});

test('what lets calls end has places of its own', () => {
  const limits = new ExchangeLimits('b', LIMITS);
  for (const person of ['a', 'a', 'b', 'b']) limits.enter('call', person);
  for (let count = 0; count < 32; count += 1) limits.enter('control', 'a');
  expect(() => limits.enter('control', 'a')).toThrow();
  limits.enter('control', 'b');
});

test('whatever happens in whatever order, nothing is counted below zero or above its limit, and all is given back', () => {
  const step = fc.record({
    person: fc.constantFrom('a', 'b', 'c', undefined),
    does: fc.constantFrom('enter', 'stream', 'leave', 'wait'),
    which: fc.nat(10),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const limits = new ExchangeLimits('b', LIMITS);
      const open: Slot[] = [];
      const leave = (slot: Slot): void => {
        slot.leave();
        if (open.includes(slot)) open.splice(open.indexOf(slot), 1);
      };
      for (const { person, does, which } of steps) {
        const slot = open[which % Math.max(open.length, 1)];
        if (does === 'wait') jest.advanceTimersByTime(2_500);
        else if (does === 'stream') slot?.streams(() => leave(slot));
        else if (does === 'leave' && slot !== undefined) leave(slot);
        else if (does === 'enter')
          try {
            open.push(limits.enter('call', person));
          } catch {
            // It is full.
          }
        expect(open.length).toBeLessThanOrEqual(LIMITS.calls + LIMITS.streams);
      }
      [...open].forEach(leave);
      for (const person of ['a', 'a', 'b', 'b']) limits.enter('call', person);
      expect(() => limits.enter('call', 'c')).toThrow();
    }),
    { numRuns: 300 },
  );
});

test('Retry-After is seconds or a date, a day at most, and nothing else', () => {
  const nowMs = Date.parse('2026-11-25T12:00:00Z');
  expect(retryAfterSeconds('7', nowMs)).toBe(7);
  expect(retryAfterSeconds('Wed, 25 Nov 2026 12:00:30 GMT', nowMs)).toBe(30);
  expect(retryAfterSeconds('999999999', nowMs)).toBe(86_400);
  for (const header of [undefined, '', '0', '-5', 'soon', '1.5e3x', 'Wed, 25 Nov 2026 11:00:00 GMT'])
    expect(retryAfterSeconds(header, nowMs)).toBeUndefined();
});
