import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { asTyped, startedAs } from './started-as.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-started-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** As npm keeps what it runs once. @returns the folder of the package */
function fetched(written: unknown): string {
  const kept = join(folder, '_npx/0123456789abcdef');
  const root = join(kept, 'node_modules/gatehouse');
  mkdirSync(root, { recursive: true });
  writeFileSync(join(kept, 'package.json'), typeof written === 'string' ? written : JSON.stringify(written));
  return root;
}

const typed = (root: string, isPackage = true, environment = {}) =>
  startedAs({ root, isPackage, environment });

describe('how the program is typed again', () => {
  test('in a checkout: npx gatehouse, whoever runs it', () => {
    const program = { here: 'npx gatehouse', anywhere: 'npx gatehouse' };
    expect(typed(folder, false)).toEqual(program);
    expect(typed(folder, false, { npm_command: 'run-script' })).toEqual(program);
  });

  test('as a package that is installed: gatehouse, or by npx where it was run so', () => {
    expect(typed(folder).here).toBe('gatehouse');
    expect(typed(folder, true, { npm_command: 'exec' }).here).toBe('npx gatehouse');
  });

  test('fetched by npx for one command: the archive as it was typed, and in other folders where it lies', () => {
    const archive = join(folder, 'gatehouse-1.2.3.tgz');
    writeFileSync(archive, '');
    const spec = `./${relative(process.cwd(), archive)}`;
    const root = fetched({ _npx: { packages: [spec] } });
    expect(typed(root, true, { npm_command: 'exec' })).toEqual({
      here: `npx ${spec}`,
      anywhere: `npx ${archive}`,
    });
  });

  test('fetched by its name: that name, with its version', () => {
    const program = { here: 'npx gatehouse@1.2.3', anywhere: 'npx gatehouse@1.2.3' };
    expect(typed(fetched({ _npx: { packages: ['gatehouse@1.2.3'] } }))).toEqual(program);
  });

  test('a name with blanks is one word', () => {
    expect(typed(fetched({ _npx: { packages: ["./it's mine.tgz"] } })).here).toBe(
      `npx './it'\\''s mine.tgz'`,
    );
  });

  test.each([['no JSON'], [{}], [{ _npx: { packages: [] } }]])(
    'where npm has written %j, it is gatehouse',
    (written) => {
      expect(typed(fetched(written)).here).toBe('gatehouse');
    },
  );
});

test('commands in a text are said as they are typed, and nothing else is changed', () => {
  const said = asTyped(
    'Run `gatehouse migrate`, or: gatehouse up <file>. A gatehouse is no gatehouse.yaml; gatehouse stays in ./gatehouse up.',
    'npx ./gatehouse-1.2.3.tgz',
    ['migrate', 'up'],
  );
  expect(said).toBe(
    'Run `npx ./gatehouse-1.2.3.tgz migrate`, or: npx ./gatehouse-1.2.3.tgz up <file>. A gatehouse is no gatehouse.yaml; gatehouse stays in ./gatehouse up.',
  );
});
