import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { legacyClient, modern, textOf, type ClientAnswer } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';
import { questionsIn, retry } from './parked.fixture.js';
import { startSdkPair, type SdkPair } from './sdk-server.fixture.js';

let nats: TestNats;
let proxy: TestProxy;
let token: string;
let servers: SdkPair;

const FORM = { type: 'object' as const, properties: {} };
const ABLE = { elicitation: { form: {} } };

const finished = new Set<string>();
let begun = 0;
let asks = Promise.withResolvers<undefined>();
let held = Promise.withResolvers<undefined>();

/** A server of the reference SDK, version 1: `elicitInput` asks on the stream of the session, and no call is named there. */
function askingServer(): McpServer {
  const mcp = new McpServer({ name: 'asking', version: '1' });
  const { server } = mcp;
  mcp.registerTool('impatient', {}, async () => {
    const asked = server.elicitInput({ message: 'Sure?', requestedSchema: FORM }, { timeout: 100 });
    const text = await asked.then(
      ({ action }) => action,
      () => 'went on without an answer',
    );
    finished.add('impatient');
    return { content: [{ type: 'text', text }] };
  });
  const text = (said: string): { content: { type: 'text'; text: string }[] } => ({
    content: [{ type: 'text', text: said }],
  });
  mcp.registerTool('ask', {}, async () => {
    begun += 1;
    await asks.promise;
    return await server.elicitInput({ message: 'Sure?', requestedSchema: FORM }).then(
      ({ action }) => text(action),
      (error: unknown) => text(String(error)),
    );
  });
  mcp.registerTool('hold', {}, async () => {
    begun += 1;
    await held.promise;
    finished.add('hold');
    return text('held');
  });
  return mcp;
}

beforeAll(async () => {
  nats = await startTestNats();
  servers = await startSdkPair(askingServer);
  proxy = await startProxy({ nats, backends: servers.backends });
});
beforeEach(async () => {
  token = await proxy.token();
  finished.clear();
  begun = 0;
  asks = Promise.withResolvers();
  held = Promise.withResolvers();
});
afterAll(async () => {
  await proxy.close();
  servers.close();
  await nats.close();
});

const call = async (params: JsonObject): Promise<ClientAnswer> =>
  await modern(proxy.mcpUrl, 'tools/call', params, { token, capabilities: ABLE });

test.each(['streams', 'json'])(
  'the result of a tool that went on without an answer is there for the client that comes back (%s)',
  async (backend) => {
    const params = { name: `${backend}_impatient`, arguments: {} };
    const questions = questionsIn(await call(params));
    await until(() => finished.has('impatient'));
    const answer = await call(retry(questions, [{ action: 'accept', content: {} }], params));
    expect(textOf(answer)).toBe('went on without an answer');
  },
);

type Tool = 'ask' | 'hold';

/** Two calls of one session are at work, in that order, before one of them asks. */
async function bothAtWork(
  order: readonly [Tool, Tool],
  send: (tool: Tool) => Promise<ClientAnswer>,
): Promise<Readonly<Record<Tool, Promise<ClientAnswer>>>> {
  const [first, second] = order;
  const earlier = send(first);
  await until(() => begun === 1);
  const later = send(second);
  await until(() => begun === 2);
  asks.resolve(undefined);
  return first === 'ask' ? { ask: earlier, hold: later } : { ask: later, hold: earlier };
}

const ORDERS = [
  ['streams', ['ask', 'hold']],
  ['streams', ['hold', 'ask']],
  ['json', ['ask', 'hold']],
  ['json', ['hold', 'ask']],
] as const;

describe.each(ORDERS)('of two calls of one session (%s, %j) one asks', (backend, order) => {
  const params = (tool: string): JsonObject => ({ name: `${backend}_${tool}`, arguments: {} });

  test('and is answered, although the other one ended before its user was done (a client with a session)', async () => {
    const client = await legacyClient(proxy.mcpUrl, token, { capabilities: ABLE });
    let question: string | undefined;
    const heard = (text: string): void => {
      question ??= /"id":"(gatehouse-question-[^"]+)"/.exec(text)?.[1];
    };
    const calls = await bothAtWork(
      order,
      async (tool) => await client.request('tools/call', params(tool), { heard }),
    );
    await until(() => question !== undefined);
    held.resolve(undefined);
    expect(textOf(await calls.hold)).toBe('held');
    await client.respond(question, { result: { action: 'decline' } });
    expect(textOf(await calls.ask)).toBe('decline');
  });

  test('and is answered, although the other one ended before its user was done (a client of 2026-07-28)', async () => {
    const calls = await bothAtWork(order, async (tool) => await call(params(tool)));
    const questions = questionsIn(await Promise.race(Object.values(calls)));
    held.resolve(undefined);
    await until(() => finished.has('hold'));
    // It was asked in the call that has run for the longest.
    const [asked, other] = order;
    const back = await call(retry(questions, [{ action: 'decline' }], params(asked)));
    const texts = { [asked]: textOf(back), [other]: textOf(await calls[other]) };
    expect(texts).toEqual({ ask: 'decline', hold: 'held' });
  });
});

test.each(['streams', 'json'])(
  'a backend whose question was shown in a call that its client cancels hears so at once (%s)',
  async (backend) => {
    const client = await legacyClient(proxy.mcpUrl, token, { capabilities: ABLE });
    let isAsked = false;
    const heard = (text: string): void => void (isAsked ||= text.includes('gatehouse-question-'));
    const calls = await bothAtWork(
      ['hold', 'ask'],
      async (tool) =>
        await client.request('tools/call', { name: `${backend}_${tool}`, arguments: {} }, { heard }),
    );
    await until(() => isAsked);
    await client.notify('notifications/cancelled', { requestId: 1 });
    expect(textOf(await calls.ask)).toContain('gives no answer');
    held.resolve(undefined);
    await calls.hold;
  },
);
