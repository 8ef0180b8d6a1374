import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { whenNotPrinted } from './not-printed.js';
import { programOf } from './paths.js';

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

test('what runs until it is stopped is stopped, once', () => {
  const said: string[] = [];
  const stderr = Object.assign(new EventEmitter(), { write: (words: string) => said.push(words) });
  const ends: (number | string)[] = [];
  const running = Object.assign(new EventEmitter(), {
    stdout: new EventEmitter(),
    stderr,
    exit: (code: number) => ends.push(code),
  });
  whenNotPrinted(running);
  running.on('SIGTERM', () => ends.push('stopped'));
  const gone = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
  running.stdout.emit('error', gone);
  running.stdout.emit('error', gone);
  running.stderr.emit('error', gone);
  expect([ends, said]).toEqual([['stopped'], []]);
});
