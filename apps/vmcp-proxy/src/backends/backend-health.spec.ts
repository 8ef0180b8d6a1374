import type { FailureHandling } from '@gatehouse/config/model/failure-handling';
import { describe, expect, test } from '@jest/globals';
import { BackendHealth, type HealthListener, type ProbeOutcome } from './backend-health.js';
import { PLAIN_BACKEND } from './plain-backend.fixture.js';

function health(more: Partial<FailureHandling> = {}) {
  const clock = { nowMs: 1_000 };
  const told: string[] = [];
  const listener: HealthListener = {
    circuit: (backend, state, cause) => told.push(`${backend} ${state} ${cause ?? ''}`.trim()),
    health: (backend, now) => told.push(`${backend} ${now}`),
    probed: () => undefined,
  };
  const circuitBreaker = { enabled: true, failureThreshold: 5, timeoutMs: 600_000 };
  const handling = { ...PLAIN_BACKEND.failureHandling, circuitBreaker, ...more };
  const one = new BackendHealth('one', handling, () => clock.nowMs, listener);
  const probe = (outcome: Partial<ProbeOutcome> = { isAlive: true, status: 401 }): void => {
    clock.nowMs += 10_000;
    one.probed({ isAlive: false, beganAtMs: clock.nowMs - 5, ...outcome });
  };
  const answer = (): void => {
    clock.nowMs += 1;
    const admission = one.admit('a');
    if (admission !== undefined) one.note(admission, { evidence: 'answered' });
  };
  return { one, clock, told, probe, answer };
}

const DEAD: Partial<ProbeOutcome> = { isAlive: false, code: 'unreachable' };

describe('probes', () => {
  test('in a row make a backend unhealthy and open its circuit; one that is alive closes it', () => {
    const { one, told, probe } = health();
    probe();
    for (let time = 0; time < 3; time += 1) probe(DEAD);
    expect(one.admit('a')).toBeUndefined();
    probe();
    expect(one.admit('a')).toBeDefined();
    expect(told).toEqual(['one healthy', 'one unhealthy', 'one open probes', 'one healthy', 'one closed']);
  });

  test('make a backend healthy only when enough of them in a row are alive', () => {
    const { one, probe } = health({ healthyThreshold: 2 });
    for (let time = 0; time < 3; time += 1) probe(DEAD);
    probe();
    expect([one.report().health, one.admit('a')]).toEqual(['unhealthy', undefined]);
    probe();
    expect(one.report().health).toBe('healthy');
    expect(one.admit('a')).toBeDefined();
  });

  test('that fail without a credential take nothing away while calls are answered', () => {
    const { one, probe, answer } = health();
    for (let time = 0; time < 10; time += 1) {
      probe({ isAlive: false, code: 'http_504', status: 504 });
      if (time % 2 === 0) answer();
    }
    expect(one.admit('a')).toBeDefined();
    expect(one.report()).toMatchObject({ health: 'unhealthy', circuit: { state: 'closed' } });
    for (let time = 0; time < 3; time += 1) probe(DEAD);
    expect(one.admit('a')).toBeUndefined();
  });

  test('that a server answers with an error of its own are told, and open nothing', () => {
    const { one, probe } = health();
    for (let time = 0; time < 10; time += 1) probe({ isAlive: false, code: 'http_5xx', status: 500 });
    expect(one.report()).toMatchObject({
      health: 'unhealthy',
      circuit: { state: 'closed' },
      lastProbe: { isAlive: false, status: 500, code: 'http_5xx', agoMs: 0 },
    });
  });

  test('that are answered say nothing of calls that are not', () => {
    const { one, clock, probe } = health();
    for (const person of ['a', 'b', 'a', 'b', 'a', 'b']) {
      clock.nowMs += 1;
      const admission = one.admit(person);
      if (admission !== undefined) one.note(admission, { evidence: 'failed', code: 'timeout' });
      probe();
    }
    expect(one.report()).toMatchObject({
      health: 'healthy',
      circuit: { state: 'open', cause: 'failures' },
      lastFailure: { code: 'timeout' },
    });
  });
});

test('nothing is known of a backend that nobody has asked for anything', () => {
  expect(health().one.report()).toEqual({ health: 'unknown', circuit: { state: 'closed' } });
});
