import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from '@jest/globals';
import { TiedProcess } from './tied-process.js';
import { until } from './until.js';

const DIST = new URL('../dist/tied-process.js', import.meta.url).href;

/** A command line that nothing else on the machine has. */
const forever = (name: string): readonly [string, ...string[]] => [
  process.execPath,
  '-e',
  `/* ${name} ${process.pid} */ setInterval(() => undefined, 1000); console.error('up')`,
];
const running = (name: string): number =>
  execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.startsWith(`${process.execPath} -e`) && line.includes(`${name} ${process.pid} `))
    .length;

test.each(['stop', 'kill'] as const)('%s ends the program, and nothing of it stays', async (how) => {
  const tied = new TiedProcess('TERM', forever(how));
  await once(tied.stderr, 'data');
  expect(running(how)).toBe(1);
  await tied[how]();
  await until(() => running(how) === 0);
});

test('a program ends with the run that started it, even when that run is killed', async () => {
  const run = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `const { TiedProcess } = await import(${JSON.stringify(DIST)});
       const tied = new TiedProcess('TERM', ${JSON.stringify(forever('orphan'))});
       tied.stderr.once('data', () => console.log('up'));`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    await once(createInterface({ input: run.stdout }), 'line');
    expect(running('orphan')).toBe(1);
  } finally {
    run.kill('SIGKILL');
  }
  await until(() => running('orphan') === 0);
});

test('a program that cannot be started is seen to end', async () => {
  await new TiedProcess('TERM', ['/does/not/exist']).ended;
});
