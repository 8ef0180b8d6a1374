import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { JsonReader } from './json-reader.js';
import { RawJson } from './raw-json.js';

/** Texts that are shorter are read in another way. */
const FILLER = 'some words, and '.repeat(40);
const SHORT_BYTES = 400;

const value = fc.jsonValue({ maxDepth: 6 });
const indent = fc.constantFrom(0, 1, '\t', '\n\r ');
const written = fc.tuple(value, indent).map(([one, space]) => JSON.stringify(one, null, space));
/** What makes a text wrong, or only another one. */
const broken = fc.constantFrom(
  ...['', ',', '}', ']', '{', '[', ':', '"', '\\', ' ', '\n', '\u0000', 'x', '01', '1.', '-', '+', 'e', '1e'],
  ...['tru', 'nul', 'falsey', '"\\q"', '"\\u00g0"', ',,', '1 2', '{"a"}', '{1:2}', '[,]', 'NaN'],
);

const textOf = (first: string, second: string): string =>
  `{"a":["${FILLER}",${first}],"b":{"c":${second},"d":{"e":${first}}}}`;

/** Whether the reader takes it, and what its listener hears; by how the text is cut. */
function read(bytes: Buffer, deepest: number, cuts: readonly number[]) {
  const heard: unknown[] = [];
  const reader = new JsonReader(
    {
      valueBegins: (...said) => heard.push('value', said),
      valueEnds: (...said) => heard.push('ends', said),
      nameBegins: (...said) => heard.push('name', said),
      nameEnds: (...said) => heard.push('named', said),
    },
    deepest,
  );
  let from = 0;
  for (const cut of [...cuts.toSorted((one, other) => one - other), bytes.length]) {
    const to = Math.min(Math.max(cut, from), bytes.length);
    reader.push(bytes.subarray(from, to));
    from = to;
  }
  const isTaken = reader.end();
  return { isTaken, heard: isTaken ? heard : [] };
}

const inShortPieces = (bytes: Buffer): readonly number[] =>
  Array.from({ length: Math.ceil(bytes.length / SHORT_BYTES) }, (_, index) => index * SHORT_BYTES);

const isJson = (bytes: Buffer): boolean => {
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
};

describe('a long text is taken as JSON.parse takes it, and heard as in short pieces', () => {
  const cuts = fc.array(fc.nat(3_000), { maxLength: 4 });

  test('whatever it holds, and wherever it is cut', () => {
    fc.assert(
      fc.property(written, written, fc.nat(4), cuts, (first, second, deepest, at) => {
        const bytes = Buffer.from(textOf(first, second));
        const heard = read(bytes, deepest, at);
        expect(heard.isTaken).toBe(true);
        expect(heard).toEqual(read(bytes, deepest, inShortPieces(bytes)));
      }),
      { numRuns: 1_000 },
    );
  });

  test('wherever something is put into it, or is missing', () => {
    fc.assert(
      fc.property(written, broken, fc.nat(), fc.nat(2), cuts, (first, put, place, missing, at) => {
        const text = textOf(first, first);
        const from = place % (text.length + 1);
        const bytes = Buffer.from(`${text.slice(0, from)}${put}${text.slice(from + missing)}`);
        const heard = read(bytes, 2, at);
        expect(heard.isTaken).toBe(isJson(bytes));
        expect(heard).toEqual(read(bytes, 2, inShortPieces(bytes)));
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('refused deep in a long text', () => {
  test.each([
    { attack: 'a list that ends as an object', deep: '[1}' },
    { attack: 'an object that ends as a list', deep: '{"a":1]' },
    { attack: 'a member without a name', deep: '{1}' },
    { attack: 'a comma too many', deep: '[1,]' },
    { attack: 'a number with a zero before it', deep: '[01]' },
    { attack: 'a number without its fraction', deep: '[1.]' },
    { attack: 'a number without its exponent', deep: '[1e+]' },
    { attack: 'a word that is none', deep: '[nil]' },
    { attack: 'a control character in a name', deep: '{"a\u0001":1}' },
    { attack: 'a line break in a short string (event injection)', deep: '["a\n\ndata: {}"]' },
    { attack: 'two values for one', deep: '[1 2]' },
  ])('$attack', ({ deep }) => {
    expect(() => RawJson.read(Buffer.from(textOf('1', deep)))).toThrow('it is not JSON');
    expect(isJson(Buffer.from(textOf('1', deep)))).toBe(false);
  });

  test('nesting that would exhaust a parser behind us', () => {
    const nested = (depth: number): Buffer =>
      Buffer.from(textOf('1', `${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`));
    expect(RawJson.read(nested(500)).kind).toBe('object');
    expect(() => RawJson.read(nested(520))).toThrow('nested');
  });
});

test('two texts that are read in turns keep apart what ends them', () => {
  const [one, other] = [textOf('[[{"x":[1]}]]', '[]'), textOf('{"y":{"z":{}}}', '{}')].map((text) =>
    Buffer.from(text),
  );
  const ignored = (): void => undefined;
  const listener = { valueBegins: ignored, valueEnds: ignored, nameBegins: ignored, nameEnds: ignored };
  const readers = [one, other].map((bytes) => ({ bytes, reader: new JsonReader(listener, 0) }));
  for (let from = 0; from < 2_000; from += 600)
    for (const { bytes, reader } of readers)
      if (bytes !== undefined) reader.push(bytes.subarray(from, from + 600));
  expect(readers.map(({ reader }) => reader.end())).toEqual([true, true]);
});
