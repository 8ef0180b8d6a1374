import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { whenNotPrinted } from './not-printed.js';
import { programOf } from './paths.js';
import { StopRequest } from './up/stop-request.js';

const ended = async (child: ChildProcess): Promise<number | null> =>
  await new Promise((resolve) => {
    child.once('close', resolve);
  });

test('nobody reads any more: the command ends, and says nothing', async () => {
  const child = spawn(process.execPath, [programOf('gatehouse'), 'schema'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  const [said, code] = await Promise.all([text(child.stderr), ended(child)]);
  expect([code, said]).toEqual([74, '']);
});

test('what cannot be written is said, with what to do', async () => {
  // A device that is always full; not every system has it.
  if (!existsSync('/dev/full')) return;
  const full = openSync('/dev/full', 'w');
  try {
    const child = spawn(process.execPath, [programOf('gatehouse'), 'schema'], {
      stdio: ['ignore', full, 'pipe'],
    });
    const stderr = child.stderr;
    if (stderr === null) throw new Error('no standard error');
    const [said, code] = await Promise.all([text(stderr), ended(child)]);
    expect([code, said]).toEqual([
      74,
      expect.stringContaining(
        'What is printed cannot be written: the disk is full. Send it elsewhere: > <file>',
      ),
    ]);
  } finally {
    closeSync(full);
  }
});

/** A process, and what its streams took. */
function printing() {
  const [out, said]: [string[], string[]] = [[], []];
  const stream = (into: string[]) =>
    Object.assign(new EventEmitter(), {
      write: (text: string, done?: () => void): unknown => {
        done?.();
        return into.push(text);
      },
    });
  return {
    out,
    said,
    running: Object.assign(new EventEmitter(), { stdout: stream(out), stderr: stream(said) }),
  };
}
const gone = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });

test('what runs until it is stopped is stopped, once', async () => {
  const { running, said } = printing();
  const print = whenNotPrinted(running);
  let asked = 0;
  running.on('unread', () => (asked += 1));
  const stopped = new StopRequest(running).orElse(new Promise(() => undefined));
  running.stdout.emit('error', gone);
  running.stdout.emit('error', gone);
  running.stderr.emit('error', gone);
  await expect(stopped).resolves.toBeUndefined();
  expect([asked, said, print.hasFailed()]).toEqual([1, [], true]);
});

test('what is printed afterwards goes nowhere, and whoever waits for it goes on', async () => {
  const { running, out } = printing();
  const print = whenNotPrinted(running);
  running.stdout.write('read');
  expect(print.hasFailed()).toBe(false);
  running.stdout.emit('error', gone);
  running.stdout.write('unread');
  await new Promise<void>((done) => {
    running.stdout.write('', done);
  });
  expect(out).toEqual(['read']);
});
