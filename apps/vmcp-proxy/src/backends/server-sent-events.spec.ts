import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { EventReader, messageEvent } from './server-sent-events.js';

test('events are the same however the bytes are cut', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1 }).map((value) => JSON.stringify(value));
  const lineEnd = fc.constantFrom('\n', '\r\n');
  fc.assert(
    fc.property(
      fc.array(text, { minLength: 1, maxLength: 5 }),
      lineEnd,
      fc.array(fc.nat(200)),
      (all, end, cuts) => {
        const bytes = Buffer.from(all.map((one) => messageEvent(one).replaceAll('\n', end)).join(''));
        const reader = new EventReader();
        const found: string[] = [];
        let from = 0;
        for (const cut of [...cuts.map((size) => from + size), bytes.length]) {
          const to = Math.min(Math.max(cut, from), bytes.length);
          found.push(...reader.push(bytes.subarray(from, to)));
          from = to;
        }
        expect(found).toEqual(all);
        expect(reader.pending).toBe(0);
      },
    ),
  );
});

test('comments and other fields are no data; several data lines are one', () => {
  const reader = new EventReader();
  expect(reader.push(Buffer.from(': keep-alive\n\nid: 1\nretry: 5\n\ndata: a\ndata:b\n\n'))).toEqual([
    'a\nb',
  ]);
});

test('an endless event in many chunks costs time in proportion to its length', () => {
  const reader = new EventReader();
  const chunk = Buffer.alloc(65_536, 'x');
  const startedAtMs = performance.now();
  for (let count = 0; count < 400; count += 1) reader.push(chunk);
  expect(reader.pending).toBe(400 * 65_536);
  expect(performance.now() - startedAtMs).toBeLessThan(3_000);
});
