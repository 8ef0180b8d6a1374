import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { EventParser } from './event-parser.js';
import { eventPieces } from './event-pieces.js';
import { EventReader } from './server-sent-events.js';

/** Reads the stream in pieces; an end without the last empty line counts as one. */
function read(bytes: Buffer, cuts: readonly number[] = []): readonly string[] {
  const reader = new EventReader();
  const found: string[] = [];
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    const to = Math.min(Math.max(cut, from), bytes.length);
    found.push(...reader.push(bytes.subarray(from, to)));
    from = to;
  }
  return [...found, ...reader.end()];
}

/** The same by the letter of WHATWG HTML, section 9.2.6, for a text that is here as a whole. */
function byTheLetter(text: string): readonly string[] {
  const events: string[] = [];
  let data: string | undefined;
  let type = '';
  const dispatch = (): void => {
    const isMessage = type === '' || type === 'message';
    if (data !== undefined && data !== '' && isMessage) events.push(data);
    data = undefined;
    type = '';
  };
  for (const line of text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)) {
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (line === '') dispatch();
    else if (field === 'event') type = value;
    else if (field === 'data') data = data === undefined ? value : `${data}\n${value}`;
  }
  dispatch();
  return events;
}

const line = fc.tuple(
  fc.constantFrom('data', 'event', 'id', 'retry', '', 'dat', 'datas', 'data ', ' data', 'x'.repeat(40)),
  fc.constantFrom(':', ': ', ':  ', '::', ''),
  fc.oneof(fc.constantFrom('message', 'endpoint', '', '{"a":1}'), fc.string({ unit: 'grapheme' })),
);
const stream = fc
  .tuple(
    fc.constantFrom('', '\ufeff'),
    fc.array(
      fc.tuple(
        fc.oneof(
          line.map((parts) => parts.join('').replaceAll(/[\r\n]/g, '')),
          fc.constant(''),
        ),
        fc.constantFrom('\n', '\r\n', '\r'),
      ),
    ),
  )
  .map(([mark, lines]) => mark + lines.flat().join(''));

test('events are those of the standard, however the bytes are cut', () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(400)), (text, cuts) => {
      const bytes = Buffer.from(text);
      const expected = byTheLetter(text);
      expect(read(bytes)).toEqual(expected);
      expect(
        read(
          bytes,
          [...cuts].sort((a, b) => a - b),
        ),
      ).toEqual(expected);
      expect(read(bytes, Array.from(bytes.keys()))).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

/** Where the stream can be taken up, and how soon, by the letter of the same section, as far as a header can carry it. */
function positionByTheLetter(text: string): readonly [string | undefined, number | undefined] {
  let id: string | undefined;
  let buffer: string | undefined;
  let retry: number | undefined;
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/);
  for (const line of lines.slice(0, -1)) {
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'id') buffer = value;
    else if (field === 'retry' && /^\d{1,9}$/.test(value)) retry = Number(value);
    else if (line === '' && buffer !== undefined) {
      const usable = /^[\x21-\x7e]+(?: +[\x21-\x7e]+)*$/.test(buffer) && buffer.length <= 1_024;
      id = usable ? buffer : undefined;
      buffer = undefined;
    }
  }
  const last = /^retry(?:: ?(.*))?$/s.exec(lines.at(-1) ?? '')?.[1] ?? '';
  return [id, /^\d{1,9}$/.test(last) ? Number(last) : retry];
}

const positioned = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        'id: a',
        'id:b c',
        'id',
        'id: ',
        'id:  d',
        'id: é',
        'id: \u0000',
        `id: ${'x'.repeat(1_025)}`,
        'retry: 7',
        'retry:0',
        'retry: 1x',
        'retry',
        'data: 1',
        'data',
        ': id: z',
        'event: id',
        '',
        '',
      ),
      fc.constantFrom('\n', '\r\n', '\r'),
    ),
  )
  .map((lines) => lines.flat().join(''));

test('the position is that of the standard, however the bytes are cut, and never that of an event that is not complete', () => {
  fc.assert(
    fc.property(positioned, fc.nat(7), (text, size) => {
      let [id, retry]: [string | undefined, number | undefined] = [undefined, undefined];
      const parser = new EventParser({
        data: () => undefined,
        event: () => undefined,
        position: (given) => (id = given),
        retry: (ms) => (retry = ms),
      });
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; at += size + 1) parser.push(bytes.subarray(at, at + size + 1));
      parser.end();
      expect([id, retry]).toEqual(positionByTheLetter(text));
    }),
    { numRuns: 500 },
  );
});

test('what is written as events is read again', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1 }).map((value) => JSON.stringify(value));
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (all) => {
      expect(read(Buffer.from(all.flatMap((one) => eventPieces([one])).join('')))).toEqual(all);
    }),
  );
});

test('comments and other fields are no data; several data lines are one; another type of event is no message', () => {
  const text = ': keep-alive\n\nid: 1\nretry: 5\n\ndata: a\ndata:b\n\nevent: endpoint\ndata: c\n\ndata: d';
  expect(read(Buffer.from(text))).toEqual(['a\nb', 'd']);
});

test('an endless event in many chunks is held once; endless lines of other fields are not held at all', () => {
  const reader = new EventReader();
  const chunk = Buffer.alloc(65_536, 'x');
  reader.push(Buffer.from('data: '));
  for (let count = 0; count < 400; count += 1) reader.push(chunk);
  expect(reader.pending).toBe(400 * 65_536);
  const other = new EventReader();
  other.push(Buffer.from(': '));
  for (let count = 0; count < 400; count += 1) other.push(chunk);
  expect(other.pending).toBe(0);
});
