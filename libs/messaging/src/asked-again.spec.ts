import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { Subject } from 'rxjs';
import { AskBudget } from './ask-budget.js';
import { ASK_AGAIN_AFTER_MS, askedAgain } from './asked-again.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const REFUSED = { code: 'reauth_required', details: {} };
const AWAY = { code: 'unavailable', details: {} };

/** One request whose sendings are answered by hand. */
function asked(budget = new AskBudget()) {
  const sendings: Subject<unknown>[] = [];
  const outcome: { answer?: unknown; error?: unknown } = {};
  const subscription = askedAgain(() => {
    const sending = new Subject<unknown>();
    sendings.push(sending);
    return sending;
  }, budget).subscribe({
    next: (answer) => (outcome.answer = answer),
    error: (error: unknown) => (outcome.error = error),
  });
  return { sendings, outcome, stop: () => subscription.unsubscribe() };
}

describe('an error never beats a success that is under way', () => {
  test.each([
    ['try again', AWAY],
    ['a lost connection', new Error('CONNECTION_CLOSED')],
  ])('%s waits for the other sending to the end', (_what, error) => {
    const { sendings, outcome } = asked();
    jest.advanceTimersByTime(ASK_AGAIN_AFTER_MS);
    sendings[1]?.error(error);
    jest.advanceTimersByTime(10 * ASK_AGAIN_AFTER_MS);
    expect(outcome).toEqual({});
    sendings[0]?.next('good');
    expect(outcome).toEqual({ answer: 'good' });
  });

  test('a refusal waits a moment for it', () => {
    const { sendings, outcome } = asked();
    jest.advanceTimersByTime(ASK_AGAIN_AFTER_MS);
    sendings[0]?.error(REFUSED);
    jest.advanceTimersByTime(500);
    expect(outcome).toEqual({});
    sendings[1]?.next('good');
    expect(outcome).toEqual({ answer: 'good' });
  });

  test('a refusal is told when the other sending says nothing, as after the death of a replica', () => {
    const { sendings, outcome } = asked();
    jest.advanceTimersByTime(ASK_AGAIN_AFTER_MS);
    sendings[1]?.error(REFUSED);
    jest.advanceTimersByTime(ASK_AGAIN_AFTER_MS);
    expect(outcome).toEqual({ error: REFUSED });
  });

  test('of several errors a refusal is told, else the first', () => {
    for (const [first, second, told] of [
      [AWAY, REFUSED, REFUSED],
      [REFUSED, AWAY, REFUSED],
      [AWAY, new Error('other'), AWAY],
    ]) {
      const { sendings, outcome } = asked();
      jest.advanceTimersByTime(ASK_AGAIN_AFTER_MS);
      sendings[0]?.error(first);
      sendings[1]?.error(second);
      expect(outcome).toEqual({ error: told });
    }
  });
});

test('an error of the only sending is told at once', () => {
  const { sendings, outcome } = asked();
  sendings[0]?.error(AWAY);
  expect(outcome).toEqual({ error: AWAY });
  jest.advanceTimersByTime(10 * ASK_AGAIN_AFTER_MS);
  expect(sendings).toHaveLength(1);
});

test('whoever stops waiting asks no more', () => {
  const { sendings, stop } = asked();
  stop();
  jest.advanceTimersByTime(10 * ASK_AGAIN_AFTER_MS);
  expect(sendings).toHaveLength(1);
});

describe('asking again is bounded', () => {
  test('24 look-ups that are all late are sent 36 times at most, not 73 times', () => {
    const budget = new AskBudget();
    const all = Array.from({ length: 24 }, () => asked(budget));
    jest.advanceTimersByTime(20 * ASK_AGAIN_AFTER_MS);
    const sent = all.reduce((sum, { sendings }) => sum + sendings.length, 0);
    expect(sent).toBeGreaterThan(24);
    expect(sent).toBeLessThanOrEqual(36);
  });

  test('however many are late: a tenth of them, and ten more', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 200 }), (pausesMs) => {
        const budget = new AskBudget();
        const all = pausesMs.map((pauseMs) => {
          jest.advanceTimersByTime(pauseMs);
          return asked(budget);
        });
        jest.advanceTimersByTime(20 * ASK_AGAIN_AFTER_MS);
        const sent = all.reduce((sum, { sendings }) => sum + sendings.length, 0);
        for (const { stop } of all) stop();
        expect(sent).toBeLessThanOrEqual(1.1 * all.length + 10.000_001);
        for (const { sendings } of all) expect(sendings.length).toBeLessThanOrEqual(3);
      }),
      { numRuns: 30 },
    );
  });

  test('when a replica dies with 200 requests, repetitions help and all are answered', () => {
    const budget = new AskBudget();
    const all = Array.from({ length: 200 }, () => asked(budget));
    for (let waitedMs = 0; waitedMs < 3 * ASK_AGAIN_AFTER_MS; waitedMs += 100) {
      jest.advanceTimersByTime(100);
      // The replica that is left answers what is sent again.
      for (const { sendings } of all) sendings[1]?.next('good');
    }
    expect(all.filter(({ outcome }) => outcome.answer !== 'good')).toEqual([]);
  });
});
