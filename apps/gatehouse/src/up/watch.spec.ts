import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { Processes } from './processes.js';
import { keepRunning } from './watch.js';

let folder: string;
let processes: Processes;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-watch-'));
  processes = new Processes(folder);
});
afterEach(async () => {
  await processes.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Writes a line each time that it starts. */
const started = (script: string) =>
  processes.start({
    name: 'service',
    command: '/bin/sh',
    args: ['-c', `echo started; ${script}`],
    environment: { PATH: process.env['PATH'] ?? '' },
    stopPhase: 1,
  });
const starts = (): number => readFileSync(join(folder, 'service.log'), 'utf8').split('started').length - 1;

test('a process that keeps ending is given up, with its last lines; each start before is said', async () => {
  const said: string[] = [];
  const pausesMs: number[] = [];
  const pause = (ms: number): Promise<void> => Promise.resolve(void pausesMs.push(ms));
  const failure = await keepRunning(processes, started('exit 3'), (line) => said.push(line), pause);
  expect(failure.message).toMatch(
    /^service ended 4 times in a minute \(last: exit code 3\)\.\nIts last lines:/,
  );
  expect(said).toEqual(Array.from({ length: 3 }, () => 'service ended (exit code 3); starting it again'));
  expect(pausesMs).toEqual([250, 500, 1_000]);
  expect(starts()).toBe(4);
});

test('one that was killed once runs again, and its end at the stop is no failure', async () => {
  const first = started('exec sleep 300');
  const said: string[] = [];
  let isOver = false;
  void keepRunning(processes, first, (line) => said.push(line)).then(() => (isOver = true));
  await until(() => starts() === 1);
  process.kill(first.pid, 'SIGKILL');
  await until(() => starts() === 2);
  expect(said).toEqual(['service ended (signal SIGKILL); starting it again']);
  await processes.stop();
  expect(isOver).toBe(false);
  expect(starts()).toBe(2);
});

test('nothing is started again when the stop begins during the pause', async () => {
  const [pausing, over] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const pause = async (): Promise<void> => {
    pausing.resolve(undefined);
    await over.promise;
  };
  const watch = keepRunning(processes, started('exit 3'), () => undefined, pause);
  await pausing.promise;
  await processes.stop();
  over.resolve(undefined);
  // A start would be refused now, and end the watch.
  const later = new Promise((resolve) => setImmediate(resolve, 'still watched'));
  await expect(Promise.race([watch, later])).resolves.toBe('still watched');
  expect(starts()).toBe(1);
});
