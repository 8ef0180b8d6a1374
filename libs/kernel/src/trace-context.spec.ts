import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isTraceState, parseTraceParent } from './trace-context.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const STEP = 'b7ad6b7169203331';

test('a traceparent of the standard is read', () => {
  expect(parseTraceParent(`00-${TRACE}-${STEP}-01`)).toEqual({ traceId: TRACE, spanId: STEP });
  expect(parseTraceParent(`01-${TRACE}-${STEP}-00`)).toEqual({ traceId: TRACE, spanId: STEP });
});

test.each([
  ['version ff', `ff-${TRACE}-${STEP}-01`],
  ['a trace of zeros', `00-${'0'.repeat(32)}-${STEP}-01`],
  ['a step of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['upper case', `00-${TRACE.toUpperCase()}-${STEP}-01`],
  ['something behind it', `00-${TRACE}-${STEP}-01-x`],
  ['a line break behind it', `00-${TRACE}-${STEP}-01\n`],
  ['no text', 7],
])('attack: a traceparent with %s is none', (_what, text) => {
  expect(parseTraceParent(text)).toBeUndefined();
});

test.each([
  ['too long', `a=${'b'.repeat(600)}`],
  ['too many members', Array.from({ length: 33 }, (_, n) => `k${n}=v`).join(',')],
  ['a line break', 'a=b\nc'],
  ['a key in upper case', 'A=b'],
  ['no key', '=b'],
  ['nothing in it', ''],
  ['what is not ASCII', 'a=é'],
])('attack: a tracestate with %s is none', (_what, text) => {
  expect(isTraceState(text)).toBe(false);
});

test('a tracestate of the standard is one', () => {
  expect(isTraceState('rojo=00f067aa0ba902b7, congo@vendor=t61rcWkgMzE')).toBe(true);
});

test('whatever is taken for trace context is short, and printable ASCII', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 700 }), (text) => {
      if (isTraceState(text)) expect(text).toMatch(/^[\x20-\x7e\t]{1,512}$/);
      if (parseTraceParent(text) !== undefined) expect(text).toMatch(/^[0-9a-f-]{55}$/);
    }),
  );
});
