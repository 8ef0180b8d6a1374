import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { legacyClient, modern, type ClientAnswer, type LegacyClient } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { paramsOf } from './asking-world.fixture.js';
import { startTaskWorld, taskIdIn, TASKS_EXTENSION, type TaskWorld } from './task-world.fixture.js';

const ADA = '6f1f0a51-6a0c-4a52-9f4e-7f3c1d2a9b01';
const BOB = '0b8b3b8e-7c55-4c0e-8f0d-9b1f3f6f2c02';
const NO_SUCH_TASK = { code: -32_602, message: 'there is no such task' };
const FOLLOWS = { extensions: { [TASKS_EXTENSION]: {} } };
const CREATED = { createdAt: '2026-11-26T00:00:00Z', lastUpdatedAt: '2026-11-26T00:00:00Z' };

let world: TaskWorld;
beforeAll(async () => {
  world = await startTaskWorld();
});
afterAll(() => world.close());

/** Whose lists are known. */
async function newClient(sub?: string, version?: string): Promise<LegacyClient> {
  const token = await world.proxy.token(sub === undefined ? {} : { sub });
  await modern(world.proxy.mcpUrl, 'tools/list', {}, { token });
  return await legacyClient(world.proxy.mcpUrl, token, version === undefined ? {} : { version });
}

const call = (name: string): JsonObject => ({ name, arguments: { said: 'hello' }, task: { ttl: 60_000 } });

async function begin(client: LegacyClient, name = 'sdk_wait'): Promise<string> {
  const answer = await client.request('tools/call', call(name));
  expect(answer.body.error).toBeUndefined();
  return taskIdIn(answer.body.result);
}

// MCP 2025-11-25, tasks.
test('a client of the reference SDK runs a tool that has to be a task, from its beginning to its result', async () => {
  const token = await world.proxy.token();
  await modern(world.proxy.mcpUrl, 'tools/list', {}, { token });
  const client = new Client({ name: 'spec', version: '1' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { name: 'Ada' } }));
  await client.connect(
    new StreamableHTTPClientTransport(new URL(world.proxy.mcpUrl), {
      requestInit: { headers: { authorization: `Bearer ${token}` } },
    }),
  );
  try {
    expect(client.getServerCapabilities()?.tasks).toEqual({ cancel: {}, requests: { tools: { call: {} } } });
    const { tools } = await client.listTools();
    const supports = Object.fromEntries(tools.map(({ name, execution }) => [name, execution?.taskSupport]));
    expect(supports).toMatchObject({ sdk_wait: 'required', sdk_may_wait: 'optional' });
    // Its server has no such capability, whatever its tools say.
    expect(supports['plain_echo']).toBeUndefined();
    const seen: string[] = [];
    for await (const message of client.experimental.tasks.callToolStream({
      name: 'sdk_ask',
      arguments: { said: 'Who?' },
    })) {
      seen.push(message.type);
      if (message.type === 'error') throw message.error;
      if (message.type === 'result')
        expect(message.result).toMatchObject({ content: [{ type: 'text', text: 'asked: {"name":"Ada"}' }] });
    }
    expect(seen[0]).toBe('taskCreated');
    expect(seen.at(-1)).toBe('result');
  } finally {
    await client.close();
  }
});

test('a task is followed under an id of ours, on another replica as well; no id of the backend reaches a client', async () => {
  const client = await newClient(ADA);
  const taskId = await begin(client);
  const replica = await world.proxy.startReplica();
  try {
    const there = await legacyClient(replica.mcpUrl, await world.proxy.token({ sub: ADA }));
    const texts: string[] = [];
    for (const one of [client, there]) {
      const got = await one.request('tasks/get', { taskId });
      expect(got.body.result).toMatchObject({ taskId, status: 'working', pollInterval: 20 });
      texts.push(got.text);
    }
    const waiting = there.request('tasks/result', { taskId });
    world.finish();
    const result = await waiting;
    expect(result.body.result).toMatchObject({
      content: [{ type: 'text', text: 'waited: hello' }],
      _meta: { 'io.modelcontextprotocol/related-task': { taskId } },
    });
    texts.push(result.text);
    for (const id of world.made) expect(texts.join()).not.toContain(id);
  } finally {
    await replica.close();
  }
});

// MCP 2025-11-25, tasks.
test('a task is cancelled by its person', async () => {
  const client = await newClient(ADA);
  const taskId = await begin(client);
  expect((await client.request('tasks/cancel', { taskId })).body.result).toMatchObject({
    taskId,
    status: 'cancelled',
  });
  expect((await client.request('tasks/get', { taskId })).body.result).toMatchObject({ status: 'cancelled' });
});

test("another person's task, a made-up id and the backend's own id are all refused alike, and no backend hears of them", async () => {
  const ada = await newClient(ADA);
  const bob = await newClient(BOB);
  const taskId = await begin(ada);
  const own = world.made.at(-1) ?? '';
  const changed = `${taskId.slice(0, -1)}${taskId.endsWith('A') ? 'B' : 'A'}`;
  for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel'])
    for (const id of [taskId, own, changed, 'x', ''])
      expect((await bob.request(method, { taskId: id })).body.error).toEqual(NO_SUCH_TASK);
  expect((await ada.request('tasks/get', {})).body.error).toEqual(NO_SUCH_TASK);
  expect((await ada.request('tasks/get', { taskId })).body.result).toMatchObject({ status: 'working' });
});

test('a tool that is no task says so at once where others are; nothing runs', async () => {
  const client = await newClient();
  const before = world.plainBackend.callsOf('tools/call').length;
  const answer = await client.request('tools/call', call('plain_echo'));
  expect(answer.body.error?.code).toBe(-32_601);
  expect((await client.request('tools/call', call('modern_job'))).body.error?.code).toBe(-32_601);
  expect(world.plainBackend.callsOf('tools/call')).toHaveLength(before);
  expect(world.modernBackend.callsOf('tools/call')).toHaveLength(0);
  // Left out, it is a call like any other.
  expect(
    (await client.request('tools/call', { name: 'plain_echo', arguments: {} })).body.result,
  ).toBeDefined();
});

test('a revision without tasks has none: no capability, no methods, and `task` is not told to the backend', async () => {
  const client = await newClient(undefined, '2025-06-18');
  expect(client.initialized.body.result?.['capabilities']).not.toHaveProperty('tasks');
  expect((await client.request('tasks/get', { taskId: 'x' })).body.error?.code).toBe(-32_601);
  const plain = await client.request('tools/call', call('sdk_plain'));
  expect(plain.body.result).toMatchObject({ content: [{ type: 'text', text: 'at once' }] });
});

interface Said {
  readonly create: JsonObject;
  readonly get: JsonObject;
}

/** What the modern backend says of its one task. */
function modernTask({ create, get }: Partial<Said> = {}): void {
  const task = { taskId: 'backend-task', status: 'working', ttlMs: 60_000, ...CREATED };
  const results: Readonly<Record<string, JsonObject>> = {
    'tools/call': { resultType: 'task', ...task, ...create },
    'tasks/get': { resultType: 'complete', ...task, ...get },
    'tasks/update': { resultType: 'complete' },
    'tasks/cancel': { resultType: 'complete' },
  };
  world.modernBackend.setIntercept(({ body }, response) => {
    const result = results[String(body['method'])];
    if (result === undefined) return false;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: body['id'], result }));
    return true;
  });
}

async function asModern(
  method: string,
  params: JsonObject,
  { sub = ADA, capabilities = FOLLOWS }: { readonly sub?: string; readonly capabilities?: JsonObject } = {},
): Promise<ClientAnswer> {
  const token = await world.proxy.token({ sub });
  return await modern(world.proxy.mcpUrl, method, params, { token, capabilities });
}

const job = { name: 'modern_job', arguments: {} };

test('2026-07-28: a task that the backend makes of a call is followed, updated and cancelled under an id of ours', async () => {
  modernTask();
  await asModern('tools/list', {});
  const discovered = await asModern('server/discover', {});
  expect(discovered.body.result?.['capabilities']).toMatchObject(FOLLOWS);
  expect(discovered.body.result?.['capabilities']).not.toHaveProperty('tasks');
  const created = await asModern('tools/call', job);
  expect(created.body.result).toMatchObject({ resultType: 'task', status: 'working', ttlMs: 60_000 });
  const taskId = taskIdIn(created.body.result);
  const got = await asModern('tasks/get', { taskId });
  expect(got.body.result).toMatchObject({ resultType: 'complete', taskId, status: 'working' });
  const inputResponses = { q: { action: 'accept', content: {} } };
  expect((await asModern('tasks/update', { taskId, inputResponses })).body.result).toEqual({
    resultType: 'complete',
  });
  expect((await asModern('tasks/cancel', { taskId })).body.result).toEqual({ resultType: 'complete' });
  for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
    const [sent] = world.modernBackend.callsOf(method).slice(-1);
    expect(sent?.headers['mcp-name']).toBe('backend-task');
    expect(sent && paramsOf(sent)['taskId']).toBe('backend-task');
  }
  expect(paramsOf(world.modernBackend.callsOf('tasks/update').at(-1) ?? fail())).toMatchObject({
    inputResponses,
  });
  expect(created.text + got.text).not.toContain('backend-task');
  expect((await asModern('tasks/get', { taskId }, { sub: BOB })).body.error).toEqual(NO_SUCH_TASK);
  expect((await asModern('tasks/result', { taskId })).body.error?.code).toBe(-32_601);
  expect((await asModern('tasks/list', {})).body.error?.code).toBe(-32_601);
});

test('2026-07-28: what a task asks for reaches clients that declared it, and no others', async () => {
  const inputRequests = {
    q: { method: 'elicitation/create', params: { message: 'Who?', requestedSchema: {} } },
  };
  modernTask({ get: { status: 'input_required', inputRequests } });
  await asModern('tools/list', {});
  const taskId = taskIdIn((await asModern('tools/call', job)).body.result);
  const able = { ...FOLLOWS, elicitation: {} };
  expect((await asModern('tasks/get', { taskId }, { capabilities: able })).body.result).toMatchObject({
    inputRequests,
  });
  const unable = await asModern('tasks/get', { taskId });
  expect(unable.body.error?.message).toContain('in a way that this client cannot give');
});

test('2026-07-28: a client without the extension gets no task, and cannot ask for one', async () => {
  modernTask();
  await asModern('tools/list', {}, { capabilities: {} });
  const answer = await asModern('tools/call', job, { capabilities: {} });
  expect(answer.body.result).toMatchObject({ resultType: 'complete', isError: true });
  expect(answer.text).not.toContain('backend-task');
  const sent = paramsOf(world.modernBackend.callsOf('tools/call').at(-1) ?? fail())['_meta'] as JsonObject;
  expect(sent['io.modelcontextprotocol/clientCapabilities']).toEqual({});
  const asked = await asModern('tasks/get', { taskId: 'x' }, { capabilities: {} });
  expect(asked.status).toBe(400);
  expect(asked.body.error).toMatchObject({ code: -32_021, data: { requiredCapabilities: FOLLOWS } });
});

test('a task of one era is unknown in the other: nobody translates it, and nothing hangs', async () => {
  modernTask();
  await asModern('tools/list', {});
  const modernId = taskIdIn((await asModern('tools/call', job)).body.result);
  const client = await newClient(ADA);
  expect((await client.request('tasks/get', { taskId: modernId })).body.error).toEqual(NO_SUCH_TASK);
  const legacyId = await begin(client);
  expect((await asModern('tasks/get', { taskId: legacyId })).body.error).toEqual(NO_SUCH_TASK);
  // The tool that has to be a task is refused by its backend: it hears of no task.
  const refused = await asModern('tools/call', { name: 'sdk_wait', arguments: { said: 'x' } });
  expect(refused.body.error ?? refused.body.result).toBeDefined();
});

function fail(): never {
  throw new Error('nothing was sent');
}
