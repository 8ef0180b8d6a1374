import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { CircuitBreaker, type Admission, type CircuitState, type Evidence } from './circuit-breaker.js';

const THRESHOLD = 5;
const TIMEOUT_MS = 1_000;

/** A circuit whose clock is moved by hand. */
function circuit(failureThreshold = THRESHOLD, enabled = true) {
  const told: CircuitState[] = [];
  const clock = { nowMs: 1_000 };
  const breaker = new CircuitBreaker({ enabled, failureThreshold, timeoutMs: TIMEOUT_MS }, (state) =>
    told.push(state),
  );
  const admit = (person: string | undefined): Admission | undefined => breaker.admit(person, clock.nowMs);
  /** @returns whether the exchange was made. */
  const exchange = (person: string | undefined, evidence: Evidence): boolean => {
    clock.nowMs += 1;
    const admission = admit(person);
    if (admission !== undefined) breaker.note(admission, evidence, clock.nowMs);
    return admission !== undefined;
  };
  const times = (count: number, person: string, evidence: Evidence): void => {
    for (let time = 0; time < count; time += 1) exchange(person, evidence);
  };
  return { breaker, clock, told, admit, exchange, times };
}

/** One that is open, for a reason that has to do with calls. */
function opened() {
  const one = circuit();
  one.times(3, 'a', 'failed');
  one.times(2, 'b', 'failed');
  expect(one.breaker.state).toBe('open');
  return one;
}

describe('opens', () => {
  test('at connections in a row that cannot be made, whosever they are', () => {
    const { breaker, exchange, times } = circuit();
    times(THRESHOLD - 1, 'a', 'unreachable');
    expect(breaker.state).toBe('closed');
    times(1, 'a', 'unreachable');
    expect(breaker.state).toBe('open');
    expect(exchange('b', 'answered')).toBe(false);
  });

  test('at failures of two persons in a row', () => {
    const { breaker, times } = circuit();
    times(3, 'a', 'failed');
    times(1, 'b', 'failed');
    expect(breaker.state).toBe('closed');
    times(1, 'b', 'failed');
    expect(breaker.state).toBe('open');
  });

  test.each(['answered', 'reached'] as const)('not where connections are %s in between', (evidence) => {
    const { breaker, times } = circuit();
    for (let round = 0; round < 5; round += 1) {
      times(THRESHOLD - 1, 'a', 'unreachable');
      times(1, 'b', evidence);
    }
    expect(breaker.state).toBe('closed');
  });

  test('not where somebody was answered while the failures waited: the backend is slow, not gone', () => {
    const { breaker, clock, admit, times } = circuit();
    const waiting = ['a', 'a', 'a', 'b', 'b', 'b'].map((person) => admit(person));
    times(1, 'c', 'answered');
    clock.nowMs += 30_000;
    for (const admission of waiting)
      if (admission !== undefined) breaker.note(admission, 'failed', clock.nowMs);
    expect(breaker.state).toBe('closed');
  });

  test('never when it is not enabled', () => {
    const { breaker, clock, times } = circuit(1, false);
    for (const person of ['a', 'b', 'c']) times(10, person, 'unreachable');
    for (const person of ['a', 'b', 'c']) times(10, person, 'failed');
    breaker.trip(clock.nowMs);
    expect(breaker.state).toBe('closed');
  });
});

describe('one person cannot take a backend away from the others', () => {
  test.each([1, 2, 3, 5, 100])('however often their calls fail, with a threshold of %d', (threshold) => {
    const { breaker, times } = circuit(threshold);
    times(1_000, 'hostile', 'failed');
    expect(breaker.state).toBe('closed');
  });

  test('with the failure of somebody else among theirs', () => {
    const { breaker, times } = circuit();
    times(1_000, 'hostile', 'failed');
    times(1, 'unlucky', 'failed');
    times(1_000, 'hostile', 'failed');
    expect(breaker.state).toBe('closed');
  });

  test('with bad credentials, calls that they cancel, or too many of them', () => {
    const { breaker, times } = circuit(1);
    for (const person of ['hostile', 'another'])
      for (const evidence of ['reached', 'none'] as const) times(1_000, person, evidence);
    expect(breaker.state).toBe('closed');
  });

  test('by failing on purpose while calls are tried: others have trials of their own', () => {
    const { breaker, clock, exchange } = opened();
    clock.nowMs += TIMEOUT_MS;
    expect(exchange('hostile', 'failed')).toBe(true);
    expect(exchange('hostile', 'failed')).toBe(false);
    expect(breaker.state).toBe('half-open');
    expect(exchange('b', 'answered')).toBe(true);
    expect(breaker.state).toBe('closed');
  });

  test('by holding a trial for ever: the next turn has new ones', () => {
    const { clock, admit, exchange } = opened();
    clock.nowMs += TIMEOUT_MS;
    for (const hostile of ['h1', 'h2', 'h3']) expect(admit(hostile)).toBeDefined();
    expect(admit('b')).toBeUndefined();
    clock.nowMs += TIMEOUT_MS;
    expect(exchange('b', 'answered')).toBe(true);
  });

  test('nor do callers that cannot be told apart', () => {
    const { breaker, exchange } = circuit();
    for (let time = 0; time < 100; time += 1) exchange(undefined, 'failed');
    expect(breaker.state).toBe('closed');
  });
});

describe('half-open', () => {
  test('lets three calls through in a turn, one of each person; the others fail at once', () => {
    const { clock, admit } = opened();
    clock.nowMs += TIMEOUT_MS - 1;
    expect(admit('a')).toBeUndefined();
    clock.nowMs += 1;
    expect(['a', 'a', 'b', 'c', 'd'].map((person) => admit(person) !== undefined)).toEqual([
      true,
      false,
      true,
      true,
      false,
    ]);
  });

  test('opens again when the trials of two persons fail, or no connection can be made', () => {
    for (const evidence of ['failed', 'unreachable'] as const) {
      const { breaker, clock, exchange } = opened();
      clock.nowMs += TIMEOUT_MS;
      exchange('a', evidence);
      exchange('b', evidence);
      expect(breaker.state).toBe('open');
      expect(breaker.closedOffForMs(clock.nowMs)).toBeGreaterThan(TIMEOUT_MS - 10);
    }
  });

  test('a trial that shows nothing gives its place back', () => {
    const { clock, exchange } = opened();
    clock.nowMs += TIMEOUT_MS;
    for (const evidence of ['none', 'reached', 'none', 'answered'] as const)
      expect(exchange('a', evidence)).toBe(true);
  });

  test('after connections that could not be made any response is enough, after failures only an answer', () => {
    const unreachable = circuit();
    unreachable.times(THRESHOLD, 'a', 'unreachable');
    const failing = opened();
    for (const { clock, exchange } of [unreachable, failing]) {
      clock.nowMs += TIMEOUT_MS;
      exchange('b', 'reached');
    }
    expect([unreachable.breaker.state, failing.breaker.state]).toEqual(['closed', 'half-open']);
  });

  test('what was sent before does not open it again', () => {
    const { breaker, clock, admit, times } = circuit();
    const [late, later] = [admit('a'), admit('c')];
    times(3, 'a', 'failed');
    times(2, 'b', 'failed');
    clock.nowMs += TIMEOUT_MS;
    admit('d');
    for (const admission of [late, later])
      if (admission !== undefined) breaker.note(admission, 'failed', clock.nowMs);
    expect(breaker.state).toBe('half-open');
  });

  test('tells each change once', () => {
    const { clock, exchange, told } = opened();
    clock.nowMs += TIMEOUT_MS;
    exchange('a', 'answered');
    exchange('a', 'answered');
    expect(told).toEqual(['open', 'half-open', 'closed']);
  });
});

const step = fc.record({
  person: fc.constantFrom('a', 'b', 'c', undefined),
  evidence: fc.constantFrom<Evidence>('answered', 'reached', 'unreachable', 'failed', 'none'),
  pauseMs: fc.integer({ min: 1, max: 2 * TIMEOUT_MS }),
});

test('whatever happens: it is never shut for longer than its time, and an answer opens it to everybody', () => {
  fc.assert(
    fc.property(fc.array(step), fc.integer({ min: 1, max: 6 }), (steps, threshold) => {
      const { breaker, clock, exchange } = circuit(threshold);
      for (const { person, evidence, pauseMs } of steps) {
        clock.nowMs += pauseMs;
        const wasMade = exchange(person, evidence);
        expect(breaker.closedOffForMs(clock.nowMs)).toBeLessThanOrEqual(TIMEOUT_MS);
        if (wasMade && evidence === 'answered') expect(breaker.state).toBe('closed');
      }
      clock.nowMs += TIMEOUT_MS;
      expect(breaker.admit('somebody new', clock.nowMs)).toBeDefined();
    }),
  );
});

test('one person against all others: whatever they do and whenever, others whose calls are answered are let through', () => {
  const act = fc.record({
    isHostile: fc.boolean(),
    evidence: fc.constantFrom<Evidence>('failed', 'none', 'reached', 'answered'),
    pauseMs: fc.integer({ min: 0, max: 2 * TIMEOUT_MS }),
  });
  fc.assert(
    fc.property(fc.array(act), fc.integer({ min: 1, max: 6 }), (acts, threshold) => {
      const { clock, exchange } = circuit(threshold);
      for (const { isHostile, evidence, pauseMs } of acts) {
        clock.nowMs += pauseMs;
        if (isHostile) exchange('hostile', evidence);
        else expect(exchange('honest', 'answered')).toBe(true);
      }
    }),
  );
});
