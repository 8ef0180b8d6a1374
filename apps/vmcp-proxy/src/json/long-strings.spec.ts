import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import * as grammar from './json-grammar.js';
import { JsonReader } from './json-reader.js';
import { afterString } from './json-tokens.js';
import { afterLongString, forgetLongStrings, WINDOW_BYTES } from './long-strings.js';
import { RawJson } from './raw-json.js';

/** What strings are made of, right and wrong. */
const part = fc.oneof(
  fc.constantFrom(
    '"',
    '\\',
    '\\n',
    '\\"',
    '\\\\',
    '\\/',
    '\\x',
    '\\u00e9',
    '\\uD83D',
    '\\u12',
    '\\uzzzz',
    'u',
    // Runs that go over the end of a block, of either parity.
    '\\'.repeat(63),
    '\\'.repeat(64),
    '\\'.repeat(65),
  ),
  fc.constantFrom('\n', '\u0000', '\u001f', ' ', '\u007f', 'é', '😀'),
  fc.string({ minLength: 10, maxLength: 40 }).map((text) => JSON.stringify(text).slice(1, -1)),
);
const written = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(''));

const isJson = (bytes: Buffer): boolean => {
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
};

/** Whether the reader takes it, in pieces. */
function isTaken(bytes: Buffer, cuts: readonly number[]): boolean {
  const ignored = (): void => undefined;
  const listener = { valueBegins: ignored, valueEnds: ignored, nameBegins: ignored, nameEnds: ignored };
  const reader = new JsonReader(listener, 0);
  let from = 0;
  for (const cut of [...cuts.toSorted((one, other) => one - other), bytes.length]) {
    const to = Math.min(Math.max(cut, from), bytes.length);
    reader.push(bytes.subarray(from, to));
    from = to;
  }
  return reader.end();
}

/** The same, one byte after the other. */
function afterStringOrStop(bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte === grammar.QUOTE) return at + 1;
    if (byte < grammar.SPACE) return ~at;
    if (byte !== grammar.BACKSLASH) at += 1;
    else if (grammar.isSimpleEscape(bytes[at + 1] ?? 0)) at += 2;
    else if (/^\\u[0-9a-fA-F]{4}$/.test(bytes.toString('latin1', at, at + 6))) at += 6;
    else return ~at;
  }
  return ~bytes.length;
}

test('64 bytes at a time stop where one byte at a time does, wherever the string begins and its text ends', () => {
  fc.assert(
    fc.property(written, fc.nat(80), fc.nat(80), (text, from, less) => {
      const whole = Buffer.from(text);
      const bytes = whole.subarray(0, Math.max(whole.length - less, 0));
      const start = Math.min(from, bytes.length);
      const found = afterLongString(bytes, start);
      forgetLongStrings();
      expect(found).toBe(afterStringOrStop(bytes, start));
    }),
    { numRuns: 20_000 },
  );
});

test('64 bytes at a time find the same end of a string as one byte at a time', () => {
  fc.assert(
    fc.property(written, (text) => {
      const bytes = Buffer.from(`"${text}`);
      const found = afterLongString(bytes, 1);
      forgetLongStrings();
      expect(found < 0 ? -1 : found).toBe(afterString(bytes, 0));
    }),
    { numRuns: 20_000 },
  );
});

test('a string that does not end says where it stopped, and from there the rest is read', () => {
  const bytes = Buffer.from(`${'a'.repeat(40)}\\n${'b'.repeat(40)}\\u00`);
  expect(~afterLongString(bytes, 0)).toBe(bytes.indexOf('\\u00'));
  forgetLongStrings();
});

describe('against JSON.parse, in texts that are long enough to be looked at in this way', () => {
  const filler = 'some words, and '.repeat(40);
  test('whatever is in a string, and wherever the text is cut', () => {
    fc.assert(
      fc.property(written, written, fc.array(fc.nat(1_400), { maxLength: 4 }), (before, behind, cuts) => {
        const bytes = Buffer.from(`{"${before}":["${filler}${behind}${filler}",1]}`);
        expect(isTaken(bytes, cuts)).toBe(isJson(bytes));
      }),
      { numRuns: 5_000 },
    );
  });

  test.each([-7, -3, -2, -1, 0, 1, 2])('an escape that begins %i bytes from the end of a window', (from) => {
    const begin = (escape: string): Buffer =>
      Buffer.from(`"${'a'.repeat(WINDOW_BYTES + from - 1)}${escape}${'b'.repeat(700)}"`);
    for (const escape of ['\\n', '\\"', '\\u00e9', '\\\\']) expect(isTaken(begin(escape), [])).toBe(true);
    for (const escape of ['\\q', '\\u00g9', '\u0001', '"']) expect(isTaken(begin(escape), [])).toBe(false);
  });
});

describe('refused', () => {
  test.each([
    { attack: 'a control character behind a megabyte of text', behind: '\u0001' },
    { attack: 'a line break behind a megabyte of text (event injection)', behind: '\n\ndata: {}' },
    { attack: 'an escape that is none behind a megabyte of text', behind: '\\x' },
    { attack: 'half of an escape behind a megabyte of text', behind: '\\u00' },
  ])('$attack', ({ behind }) => {
    const text = `{"text":"${'x'.repeat(1_048_576)}${behind}"}`;
    expect(() => RawJson.read(Buffer.from(text))).toThrow('it is not JSON');
  });

  test('what was read before lends no bytes to what is read now (a text in the memory of another one)', () => {
    const memory = Buffer.from(`["${'x'.repeat(2_000)}","tail"]`);
    expect(RawJson.read(memory).byteLength).toBe(memory.length);
    memory.write('\u0001', 1_000);
    expect(() => RawJson.read(memory)).toThrow('it is not JSON');
    // Its end is where the longer one goes on.
    const shorter = Buffer.from(`["${'y'.repeat(600)}`);
    expect(() => RawJson.read(shorter)).toThrow('it is not JSON');
  });
});
