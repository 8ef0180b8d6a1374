import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { idKey, onOneLine, readMessage } from './rpc-message.js';

test('a message on one line has no line break and is the same JSON, byte for byte besides', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom('\n', '\r\n', '\r'), (value, end) => {
      const written = Buffer.from(JSON.stringify(value, null, 2).replaceAll('\n', end));
      const line = onOneLine(written);
      expect(line.includes('\n') || line.includes('\r')).toBe(false);
      expect(JSON.parse(line.toString())).toEqual(JSON.parse(written.toString()));
      expect(line.length).toBe(written.length);
    }),
  );
});

test('whatever bytes come, they are a message or they are not; nothing is thrown', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const message = readMessage(Buffer.from(bytes));
      expect(message === undefined || typeof message.kind === 'string').toBe(true);
    }),
  );
});

test.each([
  ['{"jsonrpc":"2.0","id":1,"method":"a","params":{"_meta":{"progressToken":"t"}}}', { kind: 'request' }],
  ['{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}', { about: 7 }],
  ['{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7}}', { about: 7 }],
  ['{"jsonrpc":"2.0","id":"x","result":{"protocolVersion":"2025-11-25"}}', { protocolVersion: '2025-11-25' }],
  ['{"jsonrpc":"2.0","id":"x","error":{"code":1,"message":""}}', { isError: true }],
])('%s', (text, expected) => {
  expect(readMessage(Buffer.from(text))).toMatchObject(expected);
});

test.each([
  '',
  '1',
  'null',
  '[]',
  '[{"jsonrpc":"2.0","id":1,"method":"a"}]',
  '{"id":1}',
  '{"id":null,"method":"a"}',
  '{"id":{},"method":"a"}',
  '{"id":1,"result":{},"error":{}}',
  '{"result":{}}',
])('no message: %s', (text) => {
  expect(readMessage(Buffer.from(text))).toBeUndefined();
});

test('a number and a text are different ids', () => {
  expect(idKey(1)).not.toBe(idKey('1'));
});
