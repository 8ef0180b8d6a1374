import { afterEach, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { ClockSkews } from './clock-skews.js';
import { Log, type LogFields } from './log.js';
import { Metrics } from './metrics.js';
import { NeedsAction } from './needs-action.js';
import { OneLook } from './one-look.js';
import { Readiness } from './readiness.js';

class KeptLog extends Log {
  readonly #said: (readonly [string, LogFields])[] = [];

  override info(event: string, fields: LogFields = {}): void {
    this.#said.push([event, fields]);
  }

  override warn(event: string, fields: LogFields = {}): void {
    this.info(event, fields);
  }

  of(event: string): readonly LogFields[] {
    return this.#said.flatMap(([said, fields]) => (said === event ? [fields] : []));
  }
}

function service() {
  const [log, metrics] = [new KeptLog('test'), new Metrics()];
  return { log, metrics, readiness: new Readiness(log, new ClockSkews(log, metrics), metrics) };
}

const down = (): never => {
  throw new Error('down at 10.0.0.7 with password hunter2');
};

test('a part that throws or hangs takes only the jobs that need it', async () => {
  const { readiness } = service();
  readiness.part('good', () => undefined);
  readiness.part('throws', down);
  readiness.part('hangs', () => new Promise(() => undefined));
  readiness.job({ name: 'one', isMain: true, needs: ['good'] });
  readiness.job({ name: 'two', isMain: true, needs: ['good', 'throws'] });
  readiness.job({ name: 'three', isMain: false, needs: ['hangs'] });
  const report = await readiness.report();
  expect(report).toMatchObject({
    status: 'degraded',
    jobs: {
      one: { status: 'ok' },
      two: { status: 'failing', without: ['throws'] },
      three: { status: 'failing', without: ['hangs'] },
    },
  });
  expect(JSON.stringify(report)).not.toMatch(/10\.0\.0\.7|hunter2/);
});

test('traffic is refused exactly when no main job can be done', async () => {
  const parts = ['a', 'b', 'c'] as const;
  const job = fc.record({
    name: fc.uuid(),
    isMain: fc.boolean(),
    needs: fc.subarray([...parts]),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(job, { maxLength: 5 }), fc.subarray([...parts]), async (jobs, lost) => {
      const { readiness } = service();
      for (const part of parts) readiness.part(part, () => (lost.includes(part) ? down() : undefined));
      for (const one of jobs) readiness.job(one);
      const { status, jobs: told } = await readiness.report();
      const works = (needs: readonly string[]) => !needs.some((part) => lost.some((one) => one === part));
      for (const { name, needs } of jobs) expect(told[name]?.status === 'ok').toBe(works(needs));
      const main = jobs.filter(({ isMain }) => isMain);
      const isUnready = main.length > 0 && main.every(({ needs }) => !works(needs));
      expect(status === 'unready').toBe(isUnready);
      expect(status === 'ready').toBe(jobs.every(({ needs }) => works(needs)));
    }),
    { numRuns: 50 },
  );
});

test('what fails is logged once, with what has to be done, and once more when it works again', async () => {
  const { log, metrics, readiness } = service();
  let isLost = true;
  readiness.part('store', () => {
    if (isLost) throw new NeedsAction('there is no store', 'make the store');
  });
  readiness.job({ name: 'events', isMain: false, needs: ['store'] });
  const first = await readiness.report();
  const second = await readiness.report();
  expect(first.jobs).toMatchObject({ events: { advice: 'make the store' } });
  expect(second.jobs).toEqual(first.jobs);
  expect(await metrics.render()).toContain('gatehouse_job_ready{job="events"} 0');
  isLost = false;
  await readiness.report();
  await readiness.report();
  expect(log.of('job-failing')).toEqual([
    { job: 'events', without: 'store', reason: 'there is no store', advice: 'make the store' },
  ]);
  expect(log.of('job-works-again')).toHaveLength(1);
  expect(await metrics.render()).toContain('gatehouse_job_ready{job="events"} 1');
});

test('however often it is asked, what hangs is looked at once at a time', async () => {
  let looks = 0;
  const answer = Promise.withResolvers<undefined>();
  const look = new OneLook(async () => {
    looks += 1;
    await answer.promise;
  });
  await Promise.all(Array.from({ length: 20 }, () => look.failure()));
  expect(looks).toBe(1);
  answer.resolve(undefined);
  await answer.promise;
  await expect(look.failure()).resolves.toBeUndefined();
});

afterEach(() => {
  jest.restoreAllMocks();
});

test('a process is stuck when it alone does not reach a part for a minute; an outage for everybody restarts nobody', async () => {
  const { readiness } = service();
  let nowMs = 1_000_000;
  jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
  let [isLost, isAway]: [boolean, string | undefined] = [true, 'it is away'];
  readiness.part(
    'database',
    () => (isLost ? down() : undefined),
    () => Promise.resolve(isAway),
  );
  const stuckAfter = async (passedMs: number) => {
    nowMs += passedMs;
    await readiness.report();
    return await readiness.stuck();
  };
  expect(await stuckAfter(0)).toEqual([]);
  expect(await stuckAfter(60_000)).toEqual([]);
  isAway = undefined;
  expect(await stuckAfter(1)).toEqual(['database']);
  isLost = false;
  expect(await stuckAfter(1)).toEqual([]);
  isLost = true;
  expect(await stuckAfter(59_999)).toEqual([]);
});
