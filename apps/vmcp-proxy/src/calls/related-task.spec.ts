import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import type { ServerResponse } from 'node:http';
import { startBackend, type Received, type TestBackend } from '../backend.fixture.js';
import { legacyClient, modern, textOf, type ClientAnswer } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';
import { ask, questionsIn, retry } from './parked.fixture.js';
import { callAndAnswer, type Says } from './asked-client.fixture.js';
import { taskIdIn } from './task-world.fixture.js';

const RELATED = 'io.modelcontextprotocol/related-task';
const TASK = { taskId: 'theirs', status: 'working', createdAt: '2026-11-26T00:00:00Z', ttl: 60_000 };
const ABLE = { elicitation: { form: {} } };
const FORM = { message: 'Who?', requestedSchema: { type: 'object', properties: {} } };
const ADA = '6f1f0a51-6a0c-4a52-9f4e-7f3c1d2a9b01';

let nats: TestNats;
let backends: readonly TestBackend[];
let proxy: TestProxy;
let token: string;
let taskId: string;

/** Makes tasks where it is asked for one; asks in every other call, and gives back what it is answered. */
function asking(): (received: Received, response: ServerResponse) => boolean {
  const held: { readonly id: unknown; readonly response: ServerResponse }[] = [];
  const said = (message: JsonObject): string => `data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`;
  return ({ httpMethod, body }, response) => {
    const { id, method, params } = body;
    if (httpMethod !== 'POST') return false;
    if (method === undefined) {
      response.writeHead(202).end();
      const waiting = held.shift();
      const text = JSON.stringify(body);
      waiting?.response.end(said({ id: waiting.id, result: { content: [{ type: 'text', text }] } }));
    } else if (method !== 'tools/call' && method !== 'tasks/result') return false;
    else if (typeof params === 'object' && params !== null && 'task' in params) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result: { task: TASK } }));
    } else {
      held.push({ id, response });
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const _meta = { [RELATED]: { taskId: 'theirs' } };
      response.write(
        said(ask('q', 'elicitation/create', method === 'tools/call' ? FORM : { ...FORM, _meta })),
      );
    }
    return true;
  };
}

beforeAll(async () => {
  nats = await startTestNats();
  const startOne = async (): Promise<TestBackend> =>
    await startBackend({
      kind: 'sessions',
      tools: [{ name: 'run', inputSchema: { type: 'object' }, execution: { taskSupport: 'optional' } }],
      about: { capabilities: { tasks: { requests: { tools: { call: {} } }, cancel: {} } } },
      intercept: asking(),
    });
  backends = [await startOne(), await startOne()];
  const [own, other] = backends;
  proxy = await startProxy({
    nats,
    backends: [
      { name: 'own', url: own?.url ?? '', timeoutMs: 60_000 },
      { name: 'other', url: other?.url ?? '', timeoutMs: 60_000 },
    ],
  });
});
beforeEach(async () => {
  token = await proxy.token({ sub: ADA });
  taskId = await taskOf(token);
});
afterAll(async () => {
  await proxy.close();
  for (const backend of backends) await backend.close();
  await nats.close();
});

/** The id of a task, as the client of that token knows it. */
async function taskOf(bearer: string, backend = 'own'): Promise<string> {
  await modern(proxy.mcpUrl, 'tools/list', {}, { token: bearer });
  const client = await legacyClient(proxy.mcpUrl, bearer, { capabilities: ABLE });
  const made = await client.request('tools/call', { name: `${backend}_run`, arguments: {}, task: {} });
  return taskIdIn(made.body.result);
}

const accepting = (_meta: JsonObject): JsonObject => ({ action: 'accept', content: { n: 1 }, _meta });

/** Its answer, as the backend got it. */
const resultIn = (answer: ClientAnswer): unknown => (JSON.parse(textOf(answer)) as JsonObject)['result'];

async function answeredByLegacy(method: string, params: JsonObject, says: Says): Promise<unknown> {
  const client = await legacyClient(proxy.mcpUrl, token, { capabilities: ABLE });
  return resultIn((await callAndAnswer(client, [method, params], says)).answer);
}

async function answeredByModern(_meta: JsonObject): Promise<unknown> {
  const call = { name: 'own_run', arguments: {} };
  const sent = { token, capabilities: ABLE };
  const questions = questionsIn(await modern(proxy.mcpUrl, 'tools/call', call, sent));
  const back = retry(questions, [accepting(_meta)], call);
  return resultIn(await modern(proxy.mcpUrl, 'tools/call', back, sent));
}

// MCP 2025-11-25, tasks.
test('an answer that names the task in which it was asked names it to the backend as the backend knows it', async () => {
  const seen: unknown[] = [];
  const got = await answeredByLegacy('tasks/result', { taskId }, ({ params }) => {
    const { _meta } = params as { readonly _meta: JsonObject };
    seen.push(_meta);
    return { result: accepting({ ..._meta, mine: 1 }) };
  });
  expect(seen).toEqual([{ [RELATED]: { taskId } }]);
  expect(got).toEqual(accepting({ [RELATED]: { taskId: 'theirs' }, mine: 1 }));
});

test('so does the answer that a client of 2026-07-28 comes back with', async () => {
  const got = await answeredByModern({ [RELATED]: { taskId }, mine: 1 });
  expect(got).toEqual(accepting({ [RELATED]: { taskId: 'theirs' }, mine: 1 }));
});

const NAMED: readonly (readonly [string, () => Promise<JsonObject>])[] = [
  ['the backend’s own id', async () => await Promise.resolve({ [RELATED]: { taskId: 'theirs' } })],
  [
    'the backend’s own id under a name in other letters',
    async () => await Promise.resolve({ [RELATED.toUpperCase()]: { taskId: 'theirs' } }),
  ],
  [
    'the backend’s own id under a name with a long s and a Kelvin sign, which some parsers take for s and k',
    async () => await Promise.resolve({ [RELATED.replace('task', 'ta\u017f\u212a')]: { taskId: 'theirs' } }),
  ],
  [
    'another client’s task of the same person',
    async () => ({
      [RELATED]: { taskId: await taskOf(await proxy.token({ sub: ADA, client_id: 'another-client' })) },
    }),
  ],
  ['another person’s task', async () => ({ [RELATED]: { taskId: await taskOf(await proxy.token()) } })],
  ['a task of another backend', async () => ({ [RELATED]: { taskId: await taskOf(token, 'other') } })],
  ['what is no id', async () => await Promise.resolve({ [RELATED]: ['theirs'] })],
];

test.each(NAMED)('attack: an answer that names %s: the backend hears of no task', async (_, named) => {
  const meta = { ...(await named()), mine: 1 };
  const call = { name: 'own_run', arguments: {} };
  const got = await answeredByLegacy('tools/call', call, () => ({ result: accepting(meta) }));
  expect(got).toEqual(accepting({ mine: 1 }));
  expect(await answeredByModern(meta)).toEqual(accepting({ mine: 1 }));
});

test('an answer in which two members have one name is an error for the backend, which does not wait', async () => {
  const call = { name: 'own_run', arguments: {} };
  const client = await legacyClient(proxy.mcpUrl, token, { capabilities: ABLE });
  const answers: Promise<unknown>[] = [];
  const { answer } = await callAndAnswer(client, ['tools/call', call], ({ id }) => {
    const text = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"action":"accept","_meta":{},"_meta":{}}}`;
    answers.push(
      fetch(proxy.mcpUrl, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          authorization: `Bearer ${token}`,
          'mcp-session-id': client.sessionId,
        },
        body: text,
      }),
    );
    return undefined;
  });
  await Promise.all(answers);
  expect(JSON.parse(textOf(answer))).toMatchObject({ id: 'q', error: { code: -31_000 } });
});
