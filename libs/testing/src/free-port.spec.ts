import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from '@jest/globals';
import { freePort, freePortBase } from './free-port.js';

const DIST = new URL('../dist/free-port.js', import.meta.url).href;
const WORLD = 26;
const WORLDS = 20;
const portsOf = (base: number): readonly number[] =>
  Array.from({ length: WORLD }, (_, offset) => base + offset);

test('no port is given to two tests, of one run or of several runs at once', async () => {
  const others = Array.from({ length: 3 }, () =>
    spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `const { freePortBase } = await import(${JSON.stringify(DIST)});
         const bases = [];
         for (let world = 0; world < ${WORLDS}; world += 1) bases.push(await freePortBase(${WORLD}));
         console.log(JSON.stringify(bases));
         setInterval(() => undefined, 1000);`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    ),
  );
  const theirs = await Promise.all(
    others.map(async ({ stdout }) => {
      const [line] = (await once(createInterface({ input: stdout }), 'line')) as [string];
      return JSON.parse(line) as readonly number[];
    }),
  );
  const mine: number[] = [];
  for (let world = 0; world < WORLDS; world += 1) mine.push(await freePortBase(WORLD));
  const singles = await Promise.all(Array.from({ length: 50 }, freePort));
  for (const other of others) other.kill('SIGKILL');
  const all = [...[...theirs.flat(), ...mine].flatMap(portsOf), ...singles];
  expect(new Set(all).size).toBe(4 * WORLDS * WORLD + 50);
});
