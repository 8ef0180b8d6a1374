import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AuditLog, type AuditFields } from './audit-log.js';
import { Metrics } from './metrics.js';

/** A log with a reader that can fall behind. */
class Reader {
  readonly lines: string[] = [];
  hasRoom = true;

  audit(line: string): boolean {
    if (this.hasRoom) this.lines.push(line);
    return this.hasRoom;
  }

  get read(): readonly Record<string, unknown>[] {
    return this.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

function made(isOn = true) {
  const reader = new Reader();
  const clock = { nowMs: 1_000_000 };
  const metrics = new Metrics();
  const audit = new AuditLog({ service: 'vmcp-proxy', isOn }, reader, metrics, () => clock.nowMs);
  return { reader, clock, metrics, audit };
}

test('attack: whatever stands in a field, the line is one, short, and what a terminal acts on is escaped', () => {
  const text = fc.string({ unit: 'binary', maxLength: 2_000 });
  fc.assert(
    fc.property(text, text, (name, value) => {
      const { reader, audit } = made();
      audit.write('call', { name, arguments: { path: value } });
      const [line = ''] = reader.lines;
      expect(reader.lines).toHaveLength(1);
      expect(line.indexOf('\n')).toBe(line.length - 1);
      expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028-\u202e\u2066-\u2069\u200b-\u200f\ufeff]/u);
      const [read] = reader.read;
      expect(String(read?.['name']).length).toBeLessThanOrEqual(256);
      if (name.length <= 256 && name.isWellFormed()) expect(read?.['name']).toBe(name);
    }),
  );
});

test('a field of a call cannot take the place of what the line is about', () => {
  const { reader, audit } = made();
  const forged = { event: 'other', category: 'other', arguments: { event: 'x' } } as AuditFields;
  audit.write('call', forged);
  expect(reader.read[0]).toMatchObject({ event: 'call', category: 'audit' });
});

test('lines that a late reader costs are counted, in a metric, in seq and in a line of their own', async () => {
  const { reader, audit, metrics } = made();
  audit.write('call', { n: 1 });
  reader.hasRoom = false;
  for (let n = 0; n < 3; n += 1) audit.write('call', { n });
  reader.hasRoom = true;
  audit.write('call', { n: 5 });
  expect(reader.read.map(({ event, seq, count }) => [event, seq, count])).toEqual([
    ['call', 1, undefined],
    ['audit-lines-dropped', 5, 3],
    ['call', 6, undefined],
  ]);
  await expect(metrics.render()).resolves.toContain('gatehouse_audit_lines_total{outcome="dropped"} 3');
});

test('attack: a flood of what anybody can cause writes some lines in a second, and then their number', () => {
  const { reader, audit, clock } = made();
  for (let n = 0; n < 1_000; n += 1) audit.writePaced('token-refused', { reason: 'invalid_token' });
  expect(reader.lines).toHaveLength(20);
  clock.nowMs += 1_000;
  audit.writePaced('token-refused', { reason: 'invalid_token' });
  expect(reader.read.at(-1)).toMatchObject({ leftOut: 980 });
});

test('nothing is written where the audit is off', () => {
  const { reader, audit } = made(false);
  audit.write('call', {});
  audit.writePaced('token-refused', {});
  expect(reader.lines).toEqual([]);
});
