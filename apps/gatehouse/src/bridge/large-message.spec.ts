import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { outlineOf } from './large-message.js';
import { readMessage } from './rpc-message.js';

const FILLER = 'x'.repeat(300_000);
const IDS = fc.oneof(fc.integer(), fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }));
const PARAMS = fc.record(
  {
    requestId: IDS,
    progressToken: IDS,
    _meta: fc.oneof(fc.record({ progressToken: IDS, other: fc.jsonValue() }), fc.jsonValue()),
    arguments: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const MESSAGES = fc.record(
  {
    jsonrpc: fc.constant('2.0'),
    id: fc.oneof(IDS, fc.jsonValue()),
    method: fc.oneof(
      fc.constantFrom('tools/call', 'notifications/cancelled', 'notifications/progress'),
      fc.jsonValue(),
    ),
    params: fc.oneof(PARAMS, fc.jsonValue()),
    result: fc.oneof(fc.record({ protocolVersion: fc.string() }), fc.jsonValue()),
    error: fc.jsonValue(),
  },
  { requiredKeys: ['jsonrpc'] },
);

test('a large message is the same message as a small one with the same members, however it is written', () => {
  fc.assert(
    fc.property(MESSAGES, fc.constantFrom(0, 2), fc.boolean(), (message, indent, isFirst) => {
      const large = isFirst ? { filler: FILLER, ...message } : { ...message, filler: FILLER };
      const bytes = Buffer.from(JSON.stringify(large, null, indent));
      expect(readMessage(bytes)).toEqual(readMessage(Buffer.from(JSON.stringify(message))));
    }),
    { numRuns: 200 },
  );
});

test('a name that is written with escapes, or twice, counts as it does for JSON.parse', () => {
  const text = `{"jsonrpc":"2.0","id":1,"\\u0069d":2,"method":"a","method":"b\\"c\\\\","x":"${FILLER}"}`;
  expect(readMessage(Buffer.from(text))).toMatchObject({ kind: 'request', id: 2, method: 'b"c\\' });
});

test('millions of values in one line of a program take no memory of the bridge: none of them is made', () => {
  const many = `[${'{},'.repeat(3_000_000)}{}]`;
  const bytes = Buffer.from(`{"jsonrpc":"2.0","id":1,"result":{"content":${many}}}`);
  expect(outlineOf(bytes)).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
  const deep = `{"jsonrpc":"2.0","id":1,"result":${'['.repeat(3_000_000)}${']'.repeat(3_000_000)}}`;
  expect(readMessage(Buffer.from(deep))).toMatchObject({ kind: 'response', id: 1 });
});

test.each([
  ['no end', `{"jsonrpc":"2.0","id":1,"result":{"a":"${FILLER}"`],
  ['no end of a string', `{"jsonrpc":"2.0","id":1,"result":"${FILLER}`],
  ['two values', `{"jsonrpc":"2.0","id":1,"result":{}} {"a":"${FILLER}"}`],
  ['a list', `[{"jsonrpc":"2.0","id":1,"result":{"a":"${FILLER}"}}]`],
  ['a name without quotes', `{jsonrpc:"2.0","id":1,"result":{"a":"${FILLER}"}}`],
  ['nothing but brackets', '['.repeat(300_000)],
])('a large line with %s is no message', (_what, text) => {
  expect(readMessage(Buffer.from(text))).toBeUndefined();
});

test('a large line that is not UTF-8 is no message', () => {
  const bytes = Buffer.from(`{"jsonrpc":"2.0","id":1,"result":{"a":"${FILLER}"}}`);
  bytes[bytes.length - 10] = 0xff;
  expect(readMessage(bytes)).toBeUndefined();
});

test('whatever bytes come, there is an outline or there is none; nothing is thrown', () => {
  const SIGNS = ['{', '}', '[', ']', '"', ',', ':', '\\', ' ', 'a', '1', 'é'];
  const JSONISH = fc.string({ unit: fc.constantFrom(...SIGNS), maxLength: 60 });
  fc.assert(
    fc.property(fc.oneof(JSONISH, fc.string()), (text) => {
      expect(['undefined', 'object']).toContain(typeof outlineOf(Buffer.from(text)));
    }),
  );
});
