import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import type { Received } from '../backend.fixture.js';
import { legacyClient, modern, textOf } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { callAndAnswer } from './asked-client.fixture.js';
import { call, startCallWorld, type CallWorld } from './call-world.fixture.js';

let world: CallWorld;
let token: string;
beforeAll(async () => {
  world = await startCallWorld();
});
beforeEach(async () => {
  token = await world.newCaller();
});
afterAll(() => world.close());

const ABLE = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };
const CALL = ['tools/call', call('dual')] as const;
const ASKED = [
  [
    { method: 'elicitation/create', params: { message: 'Sure?' } },
    { action: 'accept', content: {} },
  ],
  [
    { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } },
    { role: 'assistant', content: { type: 'text', text: 'yes' }, model: 'm' },
  ],
  [{ method: 'roots/list' }, { roots: [] }],
] as const;

const isModern = ({ headers }: Received): boolean => headers['mcp-protocol-version'] === '2026-07-28';
const callsOf = (): readonly Received[] => world.backend('dual').callsOf('tools/call');

/** Asks as the era of the request has it: by its result, or by a request on the stream. */
function askOnce(asked: JsonObject): void {
  const backend = world.backend('dual');
  const before = backend.received.length;
  backend.setIntercept((one, response) => {
    if (one.body['method'] !== 'tools/call') return false;
    const id = one.body['id'];
    if (isModern(one)) {
      const result = { resultType: 'input_required', inputRequests: { k: asked }, requestState: 's' };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
      return true;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id: 0, ...asked })}\n\n`);
    const said = () =>
      backend.received.slice(before).find(({ body }) => body['id'] === 0 && 'result' in body);
    void until(() => said() !== undefined).then(() => {
      const result = { content: [{ type: 'text', text: JSON.stringify(said()?.body['result']) }] };
      response.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`);
    });
    return true;
  });
}

describe.each(ASKED)('a backend of both eras that asks for %j', (asked, given) => {
  test('asks a client with a session itself, in the middle of the call', async () => {
    askOnce(asked);
    const client = await legacyClient(world.proxy.mcpUrl, token, { capabilities: ABLE });
    const { answer, questions } = await callAndAnswer(client, CALL, () => ({ result: given }));
    expect(questions).toMatchObject([asked]);
    expect(JSON.parse(textOf(answer))).toEqual(given);
    const initialize = world.backend('dual').callsOf('initialize').at(-1);
    expect(initialize?.body['params']).toMatchObject({ capabilities: ABLE });
  });

  test('asks a modern client by its result', async () => {
    askOnce(asked);
    const { body } = await modern(world.proxy.mcpUrl, ...CALL, { token, capabilities: ABLE });
    expect(body.result).toEqual({
      resultType: 'input_required',
      inputRequests: { k: asked },
      requestState: 's',
    });
  });
});

test('a warm call of either era is one request at the backend, in its own era', async () => {
  const client = await legacyClient(world.proxy.mcpUrl, token, { capabilities: ABLE });
  await client.request(...CALL);
  await modern(world.proxy.mcpUrl, ...CALL, { token });
  const before = world.backend('dual').received.length;
  await client.request(...CALL);
  await modern(world.proxy.mcpUrl, ...CALL, { token });
  await client.request(...CALL);
  const warm = world.backend('dual').received.slice(before);
  expect(warm.map(({ body }) => body['method'])).toEqual(Array.from({ length: 3 }, () => 'tools/call'));
  expect(warm.map(isModern)).toEqual([false, true, false]);
});

test('so it is at backends of one era, once that is known', async () => {
  const client = await legacyClient(world.proxy.mcpUrl, token, { capabilities: ABLE });
  for (const name of ['modern', 'sessions', 'stateless'] as const) {
    const params = call(name);
    await client.request('tools/call', params);
    await modern(world.proxy.mcpUrl, 'tools/call', params, { token });
    const before = world.backend(name).received.length;
    await client.request('tools/call', params);
    await modern(world.proxy.mcpUrl, 'tools/call', params, { token });
    expect(world.backend(name).received.slice(before)).toHaveLength(2);
  }
});

test('a backend that is updated in the middle of a session costs its clients no call', async () => {
  const client = await legacyClient(world.proxy.mcpUrl, token, { capabilities: ABLE });
  const backend = world.backend('dual');
  try {
    for (const kind of ['dual', 'modern', 'sessions', 'stateless', 'dual', 'sessions', 'modern'] as const) {
      backend.become(kind);
      backend.forgetSessions();
      const before = callsOf().length;
      for (const answer of [
        await client.request(...CALL),
        await modern(world.proxy.mcpUrl, ...CALL, { token }),
      ])
        expect(answer.body.result).toMatchObject({ content: [{ type: 'text' }] });
      // An era that it did not have before is found out later.
      if (kind !== 'dual')
        expect(callsOf().slice(before).slice(-1).map(isModern)).toEqual([kind === 'modern']);
    }
  } finally {
    backend.become('dual');
  }
});
