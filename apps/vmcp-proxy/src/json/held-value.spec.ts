import { expect, test } from '@jest/globals';
import { HeldText } from './held-text.js';
import { HeldValue } from './held-value.js';

function held(text: string): HeldValue {
  const bytes = Buffer.from(text);
  const all = new HeldText();
  all.add(bytes);
  return new HeldValue(all, { start: 0, end: bytes.length, firstByte: bytes[0] ?? 0 });
}

const A = new Set(['a']);
const textOf = (pieces: readonly (Buffer | string)[]): string => pieces.map(String).join('');

test('what is there twice is ambiguous, and all of it is replaced', () => {
  const looked = held('{"a":1,"b":2,"\\u0061":3}').looked(A);
  expect(looked.isAmbiguous).toBe(true);
  expect(JSON.parse(textOf(looked.replacing(A, { a: '4' })))).toEqual({ a: 4, b: 2 });
  expect(held('{"a":1,"b":2,"b":3}').looked(A).isAmbiguous).toBe(false);
});

test('what is there more often than anybody looks is ambiguous, and nothing that was not looked at is passed on', () => {
  const text = `{"c":0,${'"a":1,'.repeat(128)}"a":"smuggled","b":{"too":"smuggled"}}`;
  const looked = held(text).looked(A);
  expect(looked.isAmbiguous).toBe(true);
  const replaced = textOf(looked.replacing(A, { a: '2' }));
  expect(JSON.parse(replaced)).toEqual({ a: 2, c: 0 });
  expect(replaced).not.toContain('smuggled');
  expect(held(`{${'"a":1,'.repeat(127)}"b":2,"a":1}`).looked(A).isAmbiguous).toBe(true);
  expect(held(`{${'"b":1,'.repeat(500)}"a":1}`).looked(A).isAmbiguous).toBe(false);
});
