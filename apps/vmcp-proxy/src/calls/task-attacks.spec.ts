import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { legacyClient, modern, type LegacyClient } from '../client.fixture.js';
import { startTaskWorld, taskIdIn, TASKS_EXTENSION, type TaskWorld } from './task-world.fixture.js';

const ADA = '6f1f0a51-6a0c-4a52-9f4e-7f3c1d2a9b01';

let world: TaskWorld;
beforeAll(async () => {
  world = await startTaskWorld();
});
afterAll(() => world.close());

/** Of one person, with a sign-in of its own. */
async function newClient(): Promise<LegacyClient> {
  const token = await world.proxy.token({ sub: ADA });
  await modern(world.proxy.mcpUrl, 'tools/list', {}, { token });
  return await legacyClient(world.proxy.mcpUrl, token);
}

test('clients who number their requests alike meet in the session of a task: each gets its own answers, and cancels its own requests', async () => {
  const ada = await newClient();
  const params = { name: 'sdk_wait', arguments: { said: 'hello' }, task: { ttl: 60_000 } };
  const taskId = taskIdIn((await ada.request('tools/call', params)).body.result);
  const other = await newClient();
  const named = { taskId, _meta: { progressToken: 3 } };
  const waiting = ada.request('tasks/result', named, { id: 3 });
  for (let poll = 0; poll < 5; poll += 1) {
    const got = await other.request('tasks/get', named, { id: 3 });
    expect(got.body).toMatchObject({ id: 3, result: { taskId, status: 'working' } });
  }
  let isOver = false;
  const given = other.request('tasks/result', named, { id: 3 }).finally(() => (isOver = true));
  await until(async () => {
    await other.notify('notifications/cancelled', { requestId: 3 });
    return isOver;
  });
  expect((await given).body.result).toBeUndefined();
  world.finish();
  expect((await waiting).body).toMatchObject({
    id: 3,
    result: { content: [{ type: 'text', text: 'waited: hello' }] },
  });
});

test("a client that names a backend's own task in _meta of a plain call gets its answer, and nothing becomes of that task", async () => {
  const client = await newClient();
  const task = { name: 'sdk_wait', arguments: { said: 'hello' }, task: { ttl: 60_000 } };
  const taskId = taskIdIn((await client.request('tools/call', task)).body.result);
  const related = { 'io.modelcontextprotocol/related-task': { taskId: world.made.at(-1) } };
  const plain = await client.request('tools/call', { name: 'sdk_plain', arguments: {}, _meta: related });
  expect(plain.body.result).toMatchObject({ content: [{ type: 'text', text: 'at once' }] });
  expect((await client.request('tasks/get', { taskId })).body.result).toMatchObject({ status: 'working' });
});

const FOLLOWS = { extensions: { [TASKS_EXTENSION]: {} } };
const TIMES = '"createdAt":"2026-11-26T00:00:00Z","lastUpdatedAt":"2026-11-26T00:00:00Z","ttlMs":60000';
const OF_ONE_TASK = `"status":"working",${TIMES}`;

/** What the modern backend answers, member for member. */
function modernBackendSays(results: Readonly<Record<string, string>>): void {
  world.modernBackend.setIntercept(({ body }, response) => {
    const result = results[String(body['method'])];
    if (result === undefined) return false;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(`{"jsonrpc":"2.0","id":${JSON.stringify(body['id'])},"result":{${result}}}`);
    return true;
  });
}

const CREATED = `"resultType":"task","taskId":"theirs",${OF_ONE_TASK}`;
const ASKS = '"inputRequests":{"q":{"method":"elicitation/create","params":{}}}';

test.each([
  ['two ids', `"taskId":"theirs","taskId":"raw",${OF_ONE_TASK}`],
  [
    'more ids than anybody looks for',
    `${'"taskId":"theirs",'.repeat(128)}"taskId":"raw",${ASKS},${OF_ONE_TASK}`,
  ],
  ['two sets of questions', `"taskId":"theirs","inputRequests":{},${ASKS},${OF_ONE_TASK}`],
  ['two results', `"taskId":"theirs","result":{},"result":{},${OF_ONE_TASK}`],
])(
  'a hostile backend says %s of a task: the client hears an error, and neither ids nor questions',
  async (_what, said) => {
    modernBackendSays({ 'tools/call': CREATED, 'tasks/get': said });
    const token = await world.proxy.token({ sub: ADA });
    const ask = async (method: string, params: Record<string, unknown>) =>
      await modern(world.proxy.mcpUrl, method, params, { token, capabilities: FOLLOWS });
    await ask('tools/list', {});
    const taskId = taskIdIn((await ask('tools/call', { name: 'modern_job', arguments: {} })).body.result);
    const got = await ask('tasks/get', { taskId });
    expect(got.body.error).toEqual({
      code: -32_603,
      message: 'The backend answered with several members of one name.',
    });
    expect(got.text).not.toMatch(/theirs|raw|elicitation/);
  },
);

test.each([
  ['two ids', `"resultType":"task","taskId":"theirs","taskId":"raw",${OF_ONE_TASK}`],
  [
    'more ids than anybody looks for',
    `"resultType":"task",${'"taskId":"theirs",'.repeat(128)}"taskId":"raw"`,
  ],
  ['two types', `"resultType":"task","resultType":"complete","taskId":"raw",${OF_ONE_TASK}`],
  ['two types of which one asks', `"resultType":"input_required","resultType":"complete",${ASKS}`],
])('a hostile backend makes a task with %s: the client hears an error', async (_what, said) => {
  modernBackendSays({ 'tools/call': said });
  const token = await world.proxy.token({ sub: ADA });
  await modern(world.proxy.mcpUrl, 'tools/list', {}, { token, capabilities: FOLLOWS });
  const params = { name: 'modern_job', arguments: {} };
  const made = await modern(world.proxy.mcpUrl, 'tools/call', params, { token, capabilities: FOLLOWS });
  expect(made.body.error?.code).toBe(-32_603);
  expect(made.text).not.toMatch(/theirs|raw|elicitation/);
});
