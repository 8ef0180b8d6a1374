import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { REPOSITORY } from '../paths.js';
import { Processes, lastLines } from './processes.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-processes-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const environment = { PATH: process.env['PATH'] ?? '' };
const shell = (script: string) => ({ command: '/bin/sh', args: ['-c', script], environment });

/** A process that only waits to be collected by its parent is as gone as it can be. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function untilGone(pids: readonly number[]): Promise<void> {
  await until(() => !pids.some(isRunning));
}

test('what a process inherits is what it was given', async () => {
  const processes = new Processes(folder);
  const running = processes.start({ name: 'env', ...shell('env; exit 3'), stopPhase: 1 });
  expect(await running.ended).toBe('exit code 3');
  await processes.stop();
  const names = lastLines(running.logFile)
    .split('\n')
    .map((line) => line.split('=')[0] ?? '');
  expect(names.filter((name) => !['PATH', 'PWD', 'SHLVL', '_', 'OLDPWD'].includes(name))).toEqual([]);
});

test('a later phase is stopped only when the earlier one is gone', async () => {
  const processes = new Processes(folder);
  const note = (name: string, delay: string) =>
    shell(
      `trap 'sleep ${delay}; echo ${name} >> ${folder}/order; exit' TERM; touch ${folder}/${name}; while :; do sleep 0.05; done`,
    );
  processes.start({ name: 'store', ...note('store', '0'), stopPhase: 3 });
  processes.start({ name: 'service', ...note('service', '0.5'), stopPhase: 1 });
  await until(() => ['store', 'service'].every((name) => existsSync(join(folder, name))));
  await processes.stop();
  expect(readFileSync(join(folder, 'order'), 'utf8')).toBe('service\nstore\n');
});

test('a program that cannot be started says why', async () => {
  const processes = new Processes(folder);
  const running = processes.start({
    name: 'x',
    command: '/does/not/exist',
    args: [],
    environment,
    stopPhase: 1,
  });
  expect(await running.ended).toContain('ENOENT');
  expect(running.isRunning()).toBe(false);
  await processes.stop();
});

test('nothing is started while everything is being stopped: nobody would stop it', async () => {
  const processes = new Processes(folder);
  const stopping = processes.stop();
  expect(() => processes.start({ name: 'late', ...shell('sleep 300'), stopPhase: 1 })).toThrow(
    'late was not started',
  );
  await stopping;
  expect(existsSync(join(folder, 'late.log'))).toBe(false);
});

test('who is in a hurry does not wait for a process that takes its time', async () => {
  const processes = new Processes(folder);
  const script = `trap : TERM; touch ${folder}/deaf; while :; do sleep 0.05; done`;
  const running = processes.start({ name: 'deaf', ...shell(script), stopPhase: 1 });
  await until(() => existsSync(join(folder, 'deaf')));
  const stopping = processes.stop();
  processes.hurry();
  await stopping;
  expect(await running.ended).toBe('signal SIGKILL');
});

test('a log that is not there has no last lines', () => {
  expect(lastLines(join(folder, 'none.log'))).toBe('');
});

test('nothing stays behind when the starter is killed with SIGKILL, children of children included', async () => {
  const module = pathToFileURL(join(REPOSITORY, 'apps/gatehouse/dist/up/processes.js')).href;
  const program = `
    const { Processes } = await import(${JSON.stringify(module)});
    const processes = new Processes(${JSON.stringify(folder)});
    const running = processes.start({ name: 'tree', command: '/bin/sh', args: ['-c', 'sleep 300 & sleep 300 & wait'],
      environment: { PATH: process.env.PATH }, stopPhase: 1 });
    console.log(running.pid);
    setInterval(() => undefined, 1000);`;
  const starter = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: starter.stdout }), 'line')) as [string];
  const leader = Number(line);
  let group: readonly number[] = [];
  await until(() => {
    group = execFileSync('pgrep', ['-g', String(leader)], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number);
    return group.length === 3;
  });
  starter.kill('SIGKILL');
  await untilGone(group);
});
