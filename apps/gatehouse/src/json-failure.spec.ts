import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { JsonReport } from './json-failure.js';
import { gatehouse, KeptText } from './terminal.fixture.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-json-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const NOWHERE = 'nowhere.yaml';
/** Each command that has `--json` and can fail, and how it fails here. */
const FAILING: readonly (readonly [readonly string[], string, number])[] = [
  [['sessions'], 'noInput', 66],
  [['sessions', '--limit', '0'], 'usage', 64],
  [['sessions', 'end'], 'usage', 64],
  [['connections'], 'noInput', 66],
  [['connections', 'revoke'], 'usage', 64],
  [['clients'], 'noInput', 66],
  [['clients', 'remove', 'x'], 'noInput', 66],
  [['clients', 'remove'], 'usage', 64],
  [['keys'], 'noInput', 66],
  [['doctor'], 'noInput', 66],
  [['explain', 'x'], 'noInput', 66],
  [['tools'], 'noInput', 66],
  [['migrate'], 'noInput', 66],
  [['migrate', '--wait', 'soon'], 'usage', 64],
  [['audit', 'verify'], 'noInput', 66],
  [['audit', 'archive', '--directory', 'x', '--before', '30d'], 'noInput', 66],
  [['backup', 'made'], 'noInput', 66],
  [['restore', 'made'], 'noInput', 66],
  [['demonstrate'], 'noInput', 66],
];

describe('a command that fails, and was asked for JSON', () => {
  test.each(FAILING)(
    '%j: one document with the kind, the exit code and the sentence',
    async (typed, kind, exitCode) => {
      const words = typed.map((word) => (word === 'made' ? join(folder, 'made') : word));
      const { code, stdout, stderr } = await gatehouse([
        ...words,
        '--config',
        join(folder, NOWHERE),
        '--json',
      ]);
      expect(code).toBe(exitCode);
      const { error } = JSON.parse(stdout) as { readonly error: Readonly<Record<string, unknown>> };
      expect(error).toEqual({ kind, exitCode, message: expect.any(String) });
      expect(stderr).toContain(error['message']);
    },
  );

  test('a word behind -- is no option, and words without the option get no document', async () => {
    for (const typed of [
      ['clients', 'remove', '--config', NOWHERE, '--', '--json'],
      ['sessions', '--config', NOWHERE],
    ])
      expect((await gatehouse(typed)).stdout).toBe('');
  });

  test('a document that is out already stays the only one', () => {
    const stream = new KeptText();
    const report = new JsonReport(['x', '--json'], stream);
    report.stdout.write('{}\n');
    report.failed('too late', 1);
    expect(stream.text).toBe('{}\n');
  });
});

test('attack: what is typed, and names of files, move no cursor in the text of an error', async () => {
  const hostile = '\u001b[2J\u009b1m\u202eevil\u0007\r';
  for (const typed of [
    [hostile],
    ['sessions', `--${hostile}`],
    ['sessions', '--limit', hostile],
    ['validate', join(folder, hostile)],
    ['sessions', '--config', join(folder, hostile)],
    ['connections', 'revoke', hostile, '--config', NOWHERE],
    ['backup', join(folder, hostile), '--config', hostile],
    ['explain', hostile],
    ['tools', '--url', hostile],
  ]) {
    const { stdout, stderr } = await gatehouse(typed);
    expect(stderr).not.toBe('');
    expect(`${stdout}${stderr}`).not.toMatch(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u);
  }
});
