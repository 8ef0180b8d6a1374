import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

const dist = (file: string): string => JSON.stringify(new URL(`../dist/${file}.js`, import.meta.url).href);
/** More than waits in memory. */
const LINES = 100_000;

/** A service that says very much at once, and one thing more when its reader has caught up. */
const SERVICE = `
const [{ AuditLog }, { Log }, { Metrics }] = await Promise.all([
  import(${dist('audit-log')}), import(${dist('log')}), import(${dist('metrics')}),
]);
const audit = new AuditLog({ service: 'test', isOn: true }, new Log('test'), new Metrics());
for (let n = 0; n < ${LINES}; n += 1) audit.write('call', { n, name: 'x'.repeat(200) });
process.stdin.resume();
process.stdout.once('drain', () => {
  audit.write('call', { n: 'last' });
  process.stdout.write('', () => process.exit(0));
});
process.stderr.write('said');
`;

interface Line {
  readonly event: string;
  readonly seq: number;
  readonly n?: unknown;
  readonly count?: number;
}

test('attack: a reader of the log that stands still holds up nothing; what it cost is counted, and no line is broken', async () => {
  const service = spawn(process.execPath, ['--input-type=module', '-e', SERVICE], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // It has said everything, and nobody has read any of it.
  await once(service.stderr, 'data');
  const said = text(service.stdout);
  const lines = (await said).trimEnd().split('\n');
  const read = lines.map((line) => JSON.parse(line) as Line);
  const [dropped, last] = read.slice(-2);
  expect(dropped).toMatchObject({ event: 'audit-lines-dropped' });
  expect(last).toMatchObject({ event: 'call', n: 'last' });
  expect(dropped?.count).toBeGreaterThan(0);
  // All calls, and the line about those that are missing.
  expect(read.length + (dropped?.count ?? 0)).toBe(LINES + 2);
  expect(last?.seq).toBe(LINES + 2);
});
