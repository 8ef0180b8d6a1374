import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { fileStates, FileWatch } from './file-watch.js';

const LOOK_EVERY_MS = 1;

let folder: string;
let watch: FileWatch;
let told: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-file-watch-'));
  told = 0;
  writeFileSync(file('watched'), 'one');
  watch = new FileWatch(
    () => [file('watched')],
    () => (told += 1),
    LOOK_EVERY_MS,
  );
});
afterEach(() => {
  watch.stop();
  rmSync(folder, { recursive: true });
});

const file = (name: string): string => join(folder, name);

test.each<readonly [string, () => void]>([
  ['is written to', () => writeFileSync(file('watched'), 'another')],
  [
    'has another put in its place',
    () => {
      writeFileSync(file('new'), 'two');
      renameSync(file('new'), file('watched'));
    },
  ],
  ['is removed', () => rmSync(file('watched'))],
])('a file that %s has changed', async (_, change) => {
  await watch.start();
  change();
  await until(() => told > 0);
});

test('a link that leads to another file has changed, as the mounted files of Kubernetes do', async () => {
  writeFileSync(file('first'), 'same');
  writeFileSync(file('second'), 'same');
  rmSync(file('watched'));
  symlinkSync(file('first'), file('watched'));
  await watch.start();
  symlinkSync(file('second'), file('link'));
  renameSync(file('link'), file('watched'));
  await until(() => told > 0);
});

test('a file that was not there and comes has changed', async () => {
  rmSync(file('watched'));
  await watch.start();
  writeFileSync(file('watched'), 'one');
  await until(() => told > 0);
});

test('what changed between its reading and the start of the watch is told', async () => {
  const seen = await fileStates([file('watched')]);
  writeFileSync(file('watched'), 'changed meanwhile');
  await watch.start(seen);
  await until(() => told > 0);
});

test('a path that is watched from now on has not changed; what happens to it later has', async () => {
  writeFileSync(file('later'), 'was there before');
  const paths = [file('watched')];
  let looks = 0;
  watch = new FileWatch(
    () => {
      looks += 1;
      return paths;
    },
    () => (told += 1),
    LOOK_EVERY_MS,
  );
  await watch.start();
  paths.push(file('later'));
  const before = looks;
  await until(() => looks >= before + 4);
  expect(told).toBe(0);
  writeFileSync(file('later'), 'is another now');
  await until(() => told > 0);
});
