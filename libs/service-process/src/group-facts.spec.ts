import type { JobReport, ReadinessReport } from '@gatehouse/observability/readiness';
import { describe, expect, test } from '@jest/globals';
import { groupMetrics, groupReadiness } from './group-facts.js';

type Failing = Extract<JobReport, { status: 'failing' }>;

const OK: JobReport = { status: 'ok' };
const failing = (since: string, without: Failing['without'], advice?: string): JobReport => ({
  status: 'failing',
  since,
  without,
  ...(advice === undefined ? {} : { advice }),
});
const report = (
  status: ReadinessReport['status'],
  jobs: ReadinessReport['jobs'] = {},
  clocks: ReadinessReport['clocks'] = {},
): ReadinessReport => ({ status, jobs, clocks });

describe('a group of workers', () => {
  test.each([
    [['ready', 'ready'], 'ready'],
    [['ready', undefined], 'degraded'],
    [['ready', 'unready'], 'degraded'],
    [['degraded', 'degraded'], 'degraded'],
    [['unready', undefined], 'unready'],
    [[undefined, undefined], 'unready'],
  ] as const)('of %j is %s', (states, status) => {
    const reports = new Map(
      states.map((one, index) => [index + 1, one === undefined ? undefined : report(one)]),
    );
    const whole = groupReadiness(reports);
    expect(whole.status).toBe(status);
    expect(whole.workers).toEqual({ 1: states[0] ?? 'away', 2: states[1] ?? 'away' });
  });

  test('a job that fails at one of them fails, whichever says so first', () => {
    const bad = failing('2026-11-27T10:00:00.000Z', ['postgres']);
    for (const order of [
      [OK, bad, OK],
      [bad, OK, OK],
    ]) {
      const reports = order.map((job, index) => [index, report('ready', { calls: job })] as const);
      expect(groupReadiness(new Map(reports)).jobs).toEqual({ calls: bad });
    }
  });

  test('one that fails at two is told since the first moment, without all that is missing, with the advice there is', () => {
    const reports = [
      failing('2026-11-27T10:00:00.000Z', ['postgres']),
      failing('2026-11-27T09:00:00.000Z', ['postgres', 'bus'], 'run gatehouse migrate'),
      failing('2026-11-27T11:00:00.000Z', ['bus'], 'something else'),
    ].map((job, index) => [index, report('unready', { calls: job })] as const);
    expect(groupReadiness(new Map(reports)).jobs).toEqual({
      calls: {
        status: 'failing',
        since: '2026-11-27T09:00:00.000Z',
        without: ['postgres', 'bus'],
        advice: 'run gatehouse migrate',
      },
    });
  });

  test('of several measurements of one clock that counts which is furthest off', () => {
    const clock = (skewSeconds: number) => ({ skewSeconds }) as ReadinessReport['clocks'][string];
    const reports = [2, -7, 3].map(
      (skew, index) => [index, report('ready', {}, { bus: clock(skew) })] as const,
    );
    expect(groupReadiness(new Map(reports)).clocks).toEqual({ bus: clock(-7) });
  });
});

test('metrics of all of them are one text: each name once, each sample with its worker', () => {
  const text = (value: number, more = ''): string =>
    `# HELP calls_total Calls.\n# TYPE calls_total counter\ncalls_total{backend="a"} ${value}\nup 1\n${more}`;
  const own = '\n# HELP alone Alone.\n# TYPE alone gauge\nalone 5\n';
  expect(
    groupMetrics(
      new Map([
        ['1', text(1)],
        ['2', text(2, own)],
      ]),
    ),
  ).toBe(
    [
      '# HELP calls_total Calls.',
      '# TYPE calls_total counter',
      'calls_total{worker="1",backend="a"} 1',
      'up{worker="1"} 1',
      'calls_total{worker="2",backend="a"} 2',
      'up{worker="2"} 1',
      '',
      '# HELP alone Alone.',
      '# TYPE alone gauge',
      'alone{worker="2"} 5',
      '',
    ].join('\n'),
  );
});
