import { expect, test } from '@jest/globals';
import { RawJson } from '../json/raw-json.js';
import { asMessage } from '../mcp/message.js';
import { targetOf } from './call-target.js';

function read(method: string, params: object) {
  const message = asMessage(
    RawJson.read(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))),
  );
  if (message?.kind !== 'request') throw new Error('not a request');
  return targetOf(message);
}

test.each([
  ['tools/call', { name: 'a', uri: 'b' }, { kind: 'tool', name: 'a' }],
  ['prompts/get', { name: 'a' }, { kind: 'prompt', name: 'a' }],
  ['resources/read', { uri: 'x://a', name: 'b' }, { kind: 'resource', name: 'x://a' }],
  [
    'completion/complete',
    { ref: { type: 'ref/prompt', name: 'a' } },
    { kind: 'completion', of: 'prompt', name: 'a' },
  ],
  [
    'completion/complete',
    { ref: { type: 'ref/resource', uri: 'x://{a}' }, name: 'b' },
    { kind: 'completion', of: 'resource', name: 'x://{a}' },
  ],
  ['completion/complete', {}, { kind: 'completion', of: 'prompt', name: undefined }],
  ['tools/call', { name: 7 }, { kind: 'tool', name: undefined }],
])('%s with %j is about %j', (method, params, target) => {
  expect(read(method, params)).toMatchObject(target);
});

test.each(['tools/list', 'ping', 'resources/subscribe', 'constructor', ''])(
  'no backend answers %j',
  (method) => {
    expect(read(method, {})).toBeUndefined();
  },
);
