import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { MAX_JSON_DEPTH } from './json-reader.js';
import { JsonScanner, type Wanted } from './json-scanner.js';
import { jsonText, spelled } from './json-text.fixture.js';

const WANTED: Wanted = {
  root: new Set(['id', 'result', 'method', '__proto__', '']),
  within: new Map([['result', new Set(['id', 'resultType'])]]),
};

function scan(
  text: string | Uint8Array,
  cuts: readonly number[] = [],
): { scanner: JsonScanner; whole: boolean } {
  const bytes = Buffer.from(text);
  const scanner = new JsonScanner(WANTED);
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    const to = Math.min(Math.max(cut, from), bytes.length);
    scanner.push(bytes.subarray(from, to));
    from = to;
  }
  return { scanner, whole: scanner.end() };
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

const name = spelled(
  fc.oneof(
    fc.constantFrom('id', 'result', 'method', 'resultType', '__proto__', '', 'other'),
    fc.string({ unit: 'binary', maxLength: 4 }),
  ),
);
const json = jsonText(name);
const message = fc
  .array(fc.tuple(name, json), { maxLength: 6 })
  .map((members) => `{${members.map(([key, value]) => `${key}:${value}`).join(',')}}`);

describe('against JSON.parse', () => {
  test('the members that a parser would give are found, the last of duplicates, however their names are escaped', () => {
    fc.assert(
      fc.property(message, (text) => {
        const bytes = Buffer.from(text);
        const { scanner, whole } = scan(text);
        expect(whole).toBe(true);
        const value = JSON.parse(text) as Record<string, unknown>;
        for (const wanted of WANTED.root) {
          const found = scanner.last(wanted);
          expect(found !== undefined).toBe(Object.hasOwn(value, wanted));
          if (found === undefined) continue;
          expect(JSON.parse(bytes.subarray(found.start, found.end).toString())).toEqual(
            Object.getOwnPropertyDescriptor(value, wanted)?.value,
          );
          const written = bytes.subarray(found.nameStart, found.start).toString();
          expect(JSON.parse(written.slice(0, written.lastIndexOf(':')))).toBe(wanted);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('so are members of a member', () => {
    fc.assert(
      fc.property(message, name, message, (inner, key, last) => {
        const text = `{"result":${inner},${key}:1,"result":${last}}`;
        const { scanner, whole } = scan(text);
        expect(whole).toBe(true);
        const value = JSON.parse(text) as { result: Record<string, unknown> };
        const start = scanner.last('result')?.start ?? 0;
        for (const wanted of ['id', 'resultType']) {
          const found = scanner.last(wanted, 'result');
          const counts = found !== undefined && found.start > start;
          expect(counts).toBe(Object.hasOwn(value.result, wanted));
          if (counts)
            expect(JSON.parse(Buffer.from(text).subarray(found.start, found.end).toString())).toEqual(
              value.result[wanted],
            );
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a text is whole for the scanner exactly when it is for the parser', () => {
    const soup = fc.string({
      unit: fc.constantFrom(...Array.from('{}[]",:0129-+.eE\\utfnrlasx/b \n\r\t\u0000\u001f\u007fé')),
      maxLength: 14,
    });
    const damaged = fc
      .tuple(json, fc.nat(), fc.nat(3), fc.string({ unit: 'binary-ascii', maxLength: 2 }))
      .map(([text, at, cut, put]) => {
        const from = at % (text.length + 1);
        return text.slice(0, from) + put + text.slice(from + cut);
      });
    fc.assert(
      fc.property(fc.oneof(json, soup, damaged), (text) => {
        // Lone surrogates have no bytes; they come out of the damage only.
        const written = Buffer.from(text).toString();
        expect(scan(written).whole).toBe(parsed(written) !== undefined);
      }),
      { numRuns: 3_000 },
    );
  });

  test('elements of an array are found', () => {
    fc.assert(
      fc.property(fc.array(json, { maxLength: 6 }), (values) => {
        const text = ` [${values.join(',')}]`;
        const { scanner, whole } = scan(text);
        expect([whole, scanner.root]).toEqual([true, 'array']);
        const bytes = Buffer.from(text);
        expect(
          scanner.elements.map(
            ({ start, end }) => JSON.parse(bytes.subarray(start, end).toString()) as unknown,
          ),
        ).toEqual(JSON.parse(text));
      }),
    );
  });
});

test('nothing depends on where the text is cut', () => {
  const every = (text: string): number[] =>
    Array.from({ length: Buffer.byteLength(text) }, (_, index) => index);
  const facts = ({ scanner, whole }: ReturnType<typeof scan>): unknown => ({
    whole,
    broken: scanner.broken,
    found: scanner.found,
    elements: scanner.elements,
  });
  fc.assert(
    fc.property(
      fc.oneof(
        message,
        json,
        json.map((text) => text.slice(0, -2)),
      ),
      (text) => {
        const expected = facts(scan(text));
        for (const cut of every(text)) expect(facts(scan(text, [cut]))).toEqual(expected);
        expect(facts(scan(text, every(text)))).toEqual(expected);
      },
    ),
    { numRuns: 60 },
  );
});

test('a text that would exhaust those behind us by its depth is broken', () => {
  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  expect(scan(nested(MAX_JSON_DEPTH)).whole).toBe(true);
  expect(scan(nested(MAX_JSON_DEPTH + 1)).scanner.broken).toBe(true);
  expect(scan('{"a":'.repeat(1_000_000)).scanner.broken).toBe(true);
});

test('a member that is written over and over, or an array of very many messages, is broken', () => {
  expect(scan(`{${'"id":1,'.repeat(200)}"id":1}`).scanner.broken).toBe(true);
  expect(scan(`[${'1,'.repeat(200)}1]`).scanner.broken).toBe(true);
  expect(scan(`{${'"other":1,'.repeat(200)}"id":1}`).scanner.last('id')).toBeDefined();
});

test('a very long name is nobody’s, wherever it is cut', () => {
  const text = `{"${'id'.repeat(100_000)}":1,"\\u0069\\u0064":2}`;
  for (const cut of [1, 5, 383, 384, 385, 386, 1_000, 200_002]) {
    const { scanner, whole } = scan(text, [cut]);
    expect([whole, scanner.found.length]).toEqual([true, 1]);
  }
});
