import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { MAX_JSON_DEPTH } from './json-reader.js';
import { jsonText, spelled } from './json-text.fixture.js';
import { JsonReading, OwnJson, RawJson, RawObject, joinJson } from './raw-json.js';

const read = (text: string): RawJson => RawJson.read(Buffer.from(text));
const written = (json: RawJson | RawObject): string => joinJson(json).toString();
const faultOf = (look: () => unknown): unknown => {
  try {
    look();
    return undefined;
  } catch (error) {
    return (error as { fault?: unknown }).fault;
  }
};

/** Names that differ in more than case, so that no two of them are one. */
const distinctNames = fc.uniqueArray(fc.string({ unit: 'binary', maxLength: 5 }), {
  maxLength: 8,
  selector: (name) => name.toUpperCase().toLowerCase(),
});
const value = jsonText(spelled(fc.string({ maxLength: 3 })));
const objectText = distinctNames.chain((names) =>
  fc
    .tuple(...names.map((name) => fc.tuple(spelled(fc.constant(name)), value)))
    .map((members) => `{${members.map(([name, text]) => `${name}:${text}`).join(',')}}`),
);

describe('what is written again', () => {
  test('means the same, and every value in it is byte for byte as it came', () => {
    fc.assert(
      fc.property(objectText, (text) => {
        const object = read(text).object();
        const again = written(object ?? RawObject.EMPTY);
        expect(JSON.parse(again)).toEqual(JSON.parse(text));
        for (const name of object?.names ?? []) {
          const raw = object?.get(name);
          expect(raw instanceof RawJson && text.includes(written(raw))).toBe(true);
        }
      }),
    );
  });

  test('has the member that was put in, lacks those that were taken out, and nothing else is another', () => {
    fc.assert(
      fc.property(objectText, fc.string(), fc.jsonValue(), (text, name, put) => {
        const object = read(text).object() ?? RawObject.EMPTY;
        const before = JSON.parse(text) as Record<string, unknown>;
        const parsed = (given: RawObject): unknown => JSON.parse(written(given));
        // JSON has no negative zero of its own: what was put in is what its text says.
        const expected = Object.entries({ ...before }).filter(([key]) => key !== name);
        const asParsed = JSON.parse(JSON.stringify(put)) as unknown;
        expect(parsed(object.without(name))).toEqual(Object.fromEntries(expected));
        expect(parsed(object.with(name, new OwnJson(put)))).toEqual(
          Object.fromEntries([...expected, [name, asParsed]]),
        );
      }),
    );
  });

  test('keeps the digits of every number, also of those that are looked at', () => {
    const text = '{"id":12345678901234567890,"a":[1.0,1e3,-0]}';
    const object = read(text).object();
    expect(written(object ?? RawObject.EMPTY)).toBe(text);
    expect(JSON.stringify(object?.get('id')?.value())).toBe('12345678901234567890');
  });
});

test('it is the same in however many steps it is read', () => {
  fc.assert(
    fc.property(value, fc.integer({ min: 1, max: 9 }), (text, step) => {
      const reading = new JsonReading(Buffer.from(text));
      while (reading.advance(step));
      expect(JSON.parse(written(reading.result()))).toEqual(JSON.parse(text));
    }),
  );
});

describe('two members of one name are refused, however they are written', () => {
  test.each([
    ['twice the same', '{"name":"a","name":"b"}'],
    ['once with an escape', '{"name":"a","n\\u0061me":"b"}'],
    ['once in capitals, for parsers that do not look at case', '{"name":"a","Name":"b"}'],
    ['once with a long s, which such parsers take for an s', '{"params":{},"param\u017f":{}}'],
    ['once with a Kelvin sign, which such parsers take for a k', '{"task":1,"tas\u212a":2}'],
    ['once with both', '{"task":1,"\\u0054AS\\u212a":2}'],
  ])('%s', (_how, text) => {
    expect(faultOf(() => read(text).object())).toBe('ambiguous');
  });

  test('at any place that is looked into, and only there', () => {
    const json = read('{"a":{"b":{"c":{"d":1,"d":2}}}}');
    const holder = json.object()?.get('a')?.object()?.get('b')?.object()?.get('c');
    expect(faultOf(() => holder?.object())).toBe('ambiguous');
    expect(written(json)).toContain('"d":1,"d":2');
  });
});

test.each([
  ['a name with half a surrogate pair', '"\\ud800tool"', 'not_unicode'],
  ['a text of more bytes than anybody reads', `"${'x'.repeat(20_000)}"`, 'too_large'],
])('%s is refused where it is read as a text', (_what, text, fault) => {
  expect(faultOf(() => read(text).text())).toBe(fault);
  expect(written(read(text))).toBe(text);
});

test.each([
  ['nesting that would exhaust a parser behind us', '['.repeat(MAX_JSON_DEPTH + 1), 'too_deep'],
  ['what is no JSON', '{"a":1,}', 'invalid'],
  ['nothing', '', 'invalid'],
])('%s is refused at once', (_what, text, fault) => {
  expect(faultOf(() => read(text))).toBe(fault);
});

test('members without end are refused where somebody looks at them, and go on as they are elsewhere', () => {
  const members = Array.from({ length: 1_001 }, (_, index) => `"k${index}":0`).join(',');
  for (const text of [`{${members}}`, `[${'0,'.repeat(1_000)}0]`]) {
    const json = read(`{"a":{"b":{"c":${text}}},"d":${text}}`).object();
    const deep = json?.get('a')?.object()?.get('b')?.object()?.get('c');
    for (const part of [deep, json?.get('d')]) {
      const raw = part as RawJson;
      expect(faultOf(() => raw.object() ?? raw.elements())).toBe('too_many');
      expect(written(raw)).toBe(text);
    }
  }
});

test('bytes that are not UTF-8 are refused, also where nobody looks', () => {
  for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80]])
    expect(faultOf(() => RawJson.read(Buffer.from([0x5b, 0x22, ...bytes, 0x22, 0x5d])))).toBe('invalid');
});
