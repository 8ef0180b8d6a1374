import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Peer } from '../backends/peer.js';
import { jsonText, spelled } from '../json/json-text.fixture.js';
import type { Answer } from '../mcp/answer.js';
import { asMessage, type JsonObject, type RequestMessage } from '../mcp/message.js';
import { RawJson } from '../json/raw-json.js';
import { wholeScope } from '../catalog/aggregation.fixture.js';
import { ANONYMOUS } from '../incoming-auth/principal.js';
import { targetOf } from './call-target.js';
import type { Call, Client } from './call.js';
import { outboundRequest } from './outbound.js';

const MODERN: Client = { era: 'modern', envelope: { capabilities: {} } };
const LEGACY: Client = {
  era: 'legacy',
  session: {
    id: 's',
    digest: 'd',
    issuer: 'i',
    subject: 's',
    protocolVersion: '2025-11-25',
    clientInfo: { name: 'client', version: '1' },
    capabilities: {},
    writtenAtMs: 0,
  },
};
const PEERS = { modern: { era: 'modern' }, legacy: { era: 'legacy', version: '2025-11-25' } } as const;

const messageOf = (text: string): RequestMessage => {
  const message = asMessage(RawJson.read(Buffer.from(text)));
  if (message?.kind !== 'request') throw new Error('not a request');
  return message;
};

const callOf = (text: string, client: Client): Call => {
  const message = messageOf(text);
  const target = targetOf(message);
  if (target === undefined) throw new Error('not a call');
  // Nothing else of the answer is used before there is one.
  const answer = { isLive: true } as Answer;
  const scope = wholeScope(['one']);
  return { target, principal: ANONYMOUS, scope, client, message, headers: {}, answer };
};

const bodyOf = (text: string, client: Client, peer: Peer, original = 'theirs'): string =>
  outboundRequest(callOf(text, client), { backend: 'one', original }, peer).body.toString();

/** Where each method says what it is about. */
const named = (method: string, params: JsonObject, name: string): JsonObject => {
  if (method === 'resources/read') return { ...params, uri: name };
  if (method !== 'completion/complete') return { ...params, name };
  const ref = params['ref'] as JsonObject;
  return { ...params, ref: ref['type'] === 'ref/resource' ? { ...ref, uri: name } : { ...ref, name } };
};

const name = spelled(fc.string({ maxLength: 8 }));
const value = jsonText(spelled(fc.string({ maxLength: 3 })));
const reference = fc
  .tuple(fc.constantFrom('"ref/prompt"', '"ref/resource"', '"\\u0072ef/resource"'), name, name, value)
  .map(([type, prompt, uri, more]) => `{"type":${type},"na\\u006de":${prompt},"uri":${uri},"more":${more}}`);
/** A whole request as text, its members in any order, with escapes, white space and numbers of any form. */
const request = fc
  .record({
    id: fc.constantFrom('1', '1.0', '12345678901234567890', '"a\\u0062"', '-0', '1e3'),
    method: fc.constantFrom('tools/call', 'prompts/get', 'resources/read', 'completion/complete'),
    members: fc.tuple(name, name, reference, value, value),
    order: fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }),
    outer: fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }),
    stranger: value,
  })
  .map(({ id, method, members: [tool, uri, ref, args, other], order, outer, stranger }) => {
    const params = [
      `"name":${tool}`,
      ` "\\u0075ri" :${uri}`,
      `"ref":${ref}`,
      `"arguments":${args}`,
      `"x":${other}`,
    ];
    const top = [
      '"jsonrpc" : "2.0"',
      `"id":${id}`,
      `"m\\u0065thod":"${method}"`,
      `"params":{${order.map((index) => params[index] ?? '').join(' ,')}}`,
      `"stranger":${stranger}`,
    ];
    return { id, method, args, text: ` {${outer.map((index) => top[index] ?? '').join(',')}} ` };
  });

test.each([
  ['modern', MODERN],
  ['legacy', LEGACY],
] as const)(
  'what a %s backend gets is what was checked, with its own name in place of ours and nothing else changed',
  (era, client) => {
    fc.assert(
      fc.property(request, fc.string(), ({ id, method, args, text }, original) => {
        const body = bodyOf(text, client, PEERS[era], original);
        const checked = JSON.parse(text) as { id: unknown; params: JsonObject };
        expect(JSON.parse(body)).toEqual({
          jsonrpc: '2.0',
          id: checked.id,
          method,
          params: named(method, checked.params, original),
        });
        expect(body).toContain(`"arguments":${args.trim()}`);
        if (!id.startsWith('"')) expect(body).toContain(`"id":${id},`);
      }),
    );
  },
);

test('across revisions too, arguments arrive byte for byte', () => {
  fc.assert(
    fc.property(request, ({ method, args, text }) => {
      for (const [client, peer] of [
        [MODERN, PEERS.legacy],
        [LEGACY, PEERS.modern],
      ] as const) {
        const body = bodyOf(text, client, peer);
        expect(body).toContain(`"arguments":${args.trim()}`);
        const params = (JSON.parse(body) as { params: JsonObject }).params;
        const { _meta: meta, ...rest } = params;
        expect(rest).toEqual(named(method, (JSON.parse(text) as { params: JsonObject }).params, 'theirs'));
        expect(meta === undefined).toBe(peer.era === 'legacy');
      }
    }),
  );
});

const CALL = '"jsonrpc":"2.0","id":1,"method":"tools/call"';
const smuggled: readonly (readonly [string, string])[] = [
  ['a second name', `{${CALL},"params":{"name":"one_harmless","name":"one_harmful"}}`],
  ['a second name with an escape', `{${CALL},"params":{"name":"one_harmless","n\\u0061me":"one_harmful"}}`],
  ['a second name in other case', `{${CALL},"params":{"name":"one_harmless","NAME":"one_harmful"}}`],
  ['second params', `{${CALL},"params":{"name":"one_harmless"},"params":{"name":"one_harmful"}}`],
  [
    'second params in other case',
    `{${CALL},"params":{"name":"one_harmless"},"Params":{"name":"one_harmful"}}`,
  ],
  ['a second method', `{${CALL},"method":"tools/list","params":{"name":"one_harmless"}}`],
  ['a second id', `{${CALL},"id":2,"params":{"name":"one_harmless"}}`],
  ['a second envelope', `{${CALL},"params":{"name":"one_harmless","_meta":{},"_META":{}}}`],
];

test.each(smuggled)('%s, of which we would read one and the backend the other, is refused', (_what, text) => {
  expect(() => bodyOf(text, LEGACY, PEERS.legacy)).toThrow(expect.objectContaining({ fault: 'ambiguous' }));
});

test('a reference with two names is refused before anybody is asked where it leads', () => {
  const params =
    '{"ref":{"type":"ref/prompt","name":"one_a","Name":"one_b"},"argument":{"name":"a","value":""}}';
  const text = `{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":${params}}`;
  expect(() => callOf(text, LEGACY)).toThrow(expect.objectContaining({ fault: 'ambiguous' }));
});

test('members beside those of JSON-RPC do not travel: a backend may read something into them', () => {
  const body = bodyOf(
    `{${CALL},"params":{"name":"one_a"},"result":{},"error":{},"PARAMS":1}`.replace(',"PARAMS":1', ''),
    LEGACY,
    PEERS.legacy,
  );
  expect(Object.keys(JSON.parse(body) as object)).toEqual(['jsonrpc', 'id', 'method', 'params']);
});

test('in a session that others speak in, a request has an id and a progress token that nobody else has', () => {
  const peer = { ...PEERS.legacy, session: { id: 's', key: 'k' } };
  const call = callOf(
    '{"jsonrpc":"2.0","id":3,"method":"tasks/get","params":{"taskId":"ours","_meta":{"progressToken":3,"a":1}}}',
    LEGACY,
  );
  const sent = [1, 2].map(() =>
    outboundRequest(call, { backend: 'one', original: 'theirs' }, peer, undefined, { isGuest: true }),
  );
  for (const { id, progressToken, body } of sent) {
    // Replicas count for themselves, so it takes more than a number.
    expect(id).toMatch(/^gatehouse-call-[\w-]{12}-\d+$/);
    expect(progressToken).toBe(id);
    expect(JSON.parse(body.toString())).toEqual({
      jsonrpc: '2.0',
      id,
      method: 'tasks/get',
      params: { taskId: 'theirs', _meta: { progressToken: id, a: 1 } },
    });
  }
  expect(sent[0]?.id).not.toBe(sent[1]?.id);
});

test.each([MODERN, LEGACY])(
  'no request names a task in _meta: a server may take it for part of that task',
  (client) => {
    for (const key of ['io.modelcontextprotocol/related-task', 'IO.modelcontextprotocol/Related-Task']) {
      const meta = `{"a":1.0,"${key}":{"taskId":"the-backend-s-own"}}`;
      const text = `{${CALL},"params":{"name":"one_a","_meta":${meta}}}`;
      const body = bodyOf(text, client, PEERS[client.era]);
      expect(body).not.toContain('own');
      expect(body).toContain('"_meta":{"a":1.0}');
    }
  },
);

test.each(['task', 'Task', 'TASK'])('nobody asks for a task as `%s` that cannot be followed', (spelling) => {
  const text = `{${CALL},"params":{"name":"one_a","${spelling}":{"ttl":1}}}`;
  expect(bodyOf(text, LEGACY, PEERS.legacy)).not.toContain('ttl');
});
