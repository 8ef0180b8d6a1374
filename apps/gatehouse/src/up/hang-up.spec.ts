import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { EventEmitter } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { handsHangUpsOn } from './hang-up.js';
import type { RunningProcess } from './processes.js';
import { StopRequest } from './stop-request.js';

const never = new Promise<string>(() => undefined);

/** A process that says when it listens, and when it was told to hang up. */
async function listening() {
  const program =
    "process.on('SIGHUP', () => { console.log('heard'); process.exit(0); }); console.log('ready'); setInterval(() => {}, 1000);";
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk.toString().trim()));
  await once(child.stdout, 'data');
  const ended = once(child, 'close').then(() => said.join(' '));
  const service = { pid: child.pid ?? 0, isRunning: () => child.exitCode === null, ended } as RunningProcess;
  return { service, child, ended };
}

describe.each([
  ['with a terminal that is still there', [true, true]],
  ['without a terminal, as under a supervisor', [false, false]],
])('a hang-up %s', (_where, states) => {
  test('is handed on to the services, and stops nothing', async () => {
    const { service, ended } = await listening();
    const [before = false, after = false] = states;
    let asked = 0;
    const source = new EventEmitter();
    const stop = new StopRequest(source);
    stop.onHangUp(
      handsHangUpsOn(
        () => [service],
        () => (asked++ === 0 ? before : after),
      ),
    );
    const outcome = stop.orElse(Promise.race([never, ended]));
    source.emit('SIGHUP');
    await expect(outcome).resolves.toBe('ready heard');
  });
});

test('a terminal that was closed stops everything, and no service takes up its file for it', async () => {
  const { service, child, ended } = await listening();
  let isThere = true;
  const source = new EventEmitter();
  const stop = new StopRequest(source);
  stop.onHangUp(
    handsHangUpsOn(
      () => [service],
      () => isThere,
    ),
  );
  isThere = false;
  source.emit('SIGHUP');
  await expect(stop.orElse(never)).resolves.toBeUndefined();
  child.kill('SIGTERM');
  expect(await ended).toBe('ready');
});

test('a service that has ended is not looked for', () => {
  const gone = { pid: 2 ** 22 + 1, isRunning: () => true } as RunningProcess;
  expect(
    handsHangUpsOn(
      () => [gone],
      () => false,
    )(),
  ).toBe(true);
});
