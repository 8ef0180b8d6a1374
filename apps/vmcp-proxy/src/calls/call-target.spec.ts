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
  ['tools/call', { name: 'a', uri: 'b' }, { kind: 'tool', name: 'a', isCompletion: false }],
  ['prompts/get', { name: 'a' }, { kind: 'prompt', name: 'a', isCompletion: false }],
  ['resources/read', { uri: 'x://a', name: 'b' }, { kind: 'resource', name: 'x://a', isCompletion: false }],
  [
    'completion/complete',
    { ref: { type: 'ref/prompt', name: 'a' } },
    { kind: 'prompt', name: 'a', isCompletion: true },
  ],
  [
    'completion/complete',
    { ref: { type: 'ref/resource', uri: 'x://{a}' }, name: 'b' },
    { kind: 'resource', name: 'x://{a}', isCompletion: true },
  ],
  ['completion/complete', {}, { kind: 'prompt', name: undefined, isCompletion: true }],
  ['tools/call', { name: 7 }, { kind: 'tool', name: undefined, isCompletion: false }],
])('%s with %j is about %j', (method, params, target) => {
  expect(read(method, params)).toMatchObject(target);
});

test.each(['tools/list', 'ping', 'resources/subscribe', 'constructor', ''])(
  'no backend answers %j',
  (method) => {
    expect(read(method, {})).toBeUndefined();
  },
);
