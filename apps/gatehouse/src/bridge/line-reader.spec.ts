import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LineReader } from './line-reader.js';

function read(chunks: readonly Buffer[], maxBytes: number) {
  const lines: { readonly text: string; readonly isCut: boolean }[] = [];
  let tooLong = 0;
  const reader = new LineReader(maxBytes, {
    line: (line, isCut) => lines.push({ text: line.toString('latin1'), isCut }),
    tooLong: () => (tooLong += 1),
  });
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
  return { lines, tooLong };
}

const LINES = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'é', '{', '"', '\r'), maxLength: 40 }), {
  maxLength: 12,
});

test('lines are the same, however the bytes are cut into chunks', () => {
  fc.assert(
    fc.property(LINES, fc.array(fc.nat(30)), (lines, cuts) => {
      const whole = Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1');
      const chunks: Buffer[] = [];
      let at = 0;
      for (const cut of cuts) {
        chunks.push(whole.subarray(at, at + cut));
        at += cut;
      }
      chunks.push(whole.subarray(at));
      const expected = lines.map((line) => ({
        text: Buffer.from(line, 'latin1').toString('latin1').replace(/\r$/, ''),
        isCut: false,
      }));
      expect(read(chunks, 1_000)).toEqual({ lines: expected, tooLong: 0 });
    }),
  );
});

test('of a line above the bound its beginning is kept, and it is told once, before it ends', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 60 }), (maxBytes, length) => {
      const bytes = Array.from({ length }, () => Buffer.from('x'));
      const { lines, tooLong } = read([...bytes, Buffer.from('\nnext\n')], Math.max(maxBytes, 4));
      const most = Math.max(maxBytes, 4);
      expect(lines[0]).toEqual({ text: 'x'.repeat(Math.min(length, most)), isCut: length > most });
      expect(lines[1]).toEqual({ text: 'next', isCut: false });
      expect(tooLong).toBe(length > most ? 1 : 0);
    }),
  );
});
