import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { legacyClient, modern, type LegacyClient } from '../client.fixture.js';
import { policiesOf } from '../authorization/authorization.fixture.js';
import { KeptAudit } from '../kept-audit.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { startTaskWorld, taskIdIn, type TaskWorld } from './task-world.fixture.js';

const ADA = '6f1f0a51-6a0c-4a52-9f4e-7f3c1d2a9b01';
const BOB = '0b8b3b8e-7c55-4c0e-8f0d-9b1f3f6f2c02';
const NO_SUCH_TASK = { code: -32_602, message: 'there is no such task' };
const RUNNERS = { groups: ['runners'] };

let world: TaskWorld;
const log = new KeptAudit();
beforeAll(async () => {
  world = await startTaskWorld({
    callPolicies: policiesOf(`
      permit(principal in Group::"runners", action == Action::"call_tool", resource == Tool::"sdk_wait");
      permit(principal in Group::"limited", action == Action::"call_tool", resource == Tool::"sdk_may_wait");
      permit(principal in Group::"readers", action == Action::"call_tool", resource == Tool::"plain_echo");
    `),
    rateLimiting: {
      limits: [
        { name: 'runs', per: ['user'], tools: ['may_*'], maxTokens: 2, refillPeriodMs: 3_600_000 },
        { name: 'all', per: ['user'], backends: ['sdk'], maxTokens: 30, refillPeriodMs: 3_600_000 },
      ],
      whenUnavailable: 'local',
    },
    log,
    telemetry: { audit: { enabled: true, arguments: [] } },
  });
});
afterAll(() => world.close());

async function clientOf(claims: JsonObject): Promise<LegacyClient> {
  const token = await world.proxy.token({ sub: ADA, ...claims });
  await modern(world.proxy.mcpUrl, 'tools/list', {}, { token });
  return await legacyClient(world.proxy.mcpUrl, token);
}

const begin = async (client: LegacyClient, name = 'sdk_wait') =>
  await client.request('tools/call', { name, arguments: { said: 'x' }, task: {} });

test('who may not call the tool any more cannot follow its task, and hears no more than of one that never was', async () => {
  const runner = await clientOf(RUNNERS);
  expect(runner.initialized.body.result?.['capabilities']).toHaveProperty('tasks');
  const taskId = taskIdIn((await begin(runner)).body.result);
  expect((await runner.request('tasks/get', { taskId })).body.result).toMatchObject({ status: 'working' });
  // The same person, whose groups are others now.
  const reader = await clientOf({ groups: ['readers'] });
  expect(reader.initialized.body.result?.['capabilities']).not.toHaveProperty('tasks');
  for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel'])
    expect((await reader.request(method, { taskId })).body.error).toEqual(NO_SUCH_TASK);
  expect((await begin(reader)).body.error).toMatchObject({ code: -32_602, message: 'there is no such tool' });
  expect((await begin(runner, 'sdk_may_wait')).body.error?.code).toBe(-32_602);
  expect((await runner.request('tasks/get', { taskId })).body.result).toMatchObject({ status: 'working' });
});

test('a rate limit of a tool counts the call that makes a task, and not who asks for it', async () => {
  const client = await clientOf({ groups: ['limited'] });
  const first = await begin(client, 'sdk_may_wait');
  expect((await begin(client, 'sdk_may_wait')).body.error).toBeUndefined();
  expect((await begin(client, 'sdk_may_wait')).status).toBe(429);
  const taskId = taskIdIn(first.body.result);
  for (let round = 0; round < 5; round += 1)
    expect((await client.request('tasks/get', { taskId })).body.result).toMatchObject({ status: 'working' });
});

test('one task does not lead past the limit of its backend: what is asked about it is counted there', async () => {
  const client = await clientOf({ ...RUNNERS, sub: BOB });
  const taskId = taskIdIn((await begin(client)).body.result);
  const statuses: number[] = [];
  for (let asked = 0; asked < 32; asked += 1)
    statuses.push((await client.request('tasks/get', { taskId })).status);
  expect(statuses.indexOf(429)).toBeGreaterThan(0);
  for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel'])
    expect((await client.request(method, { taskId })).status).toBe(429);
  // A made-up id calls nothing, and is refused as ever.
  expect((await client.request('tasks/get', { taskId: 'x' })).body.error).toEqual(NO_SUCH_TASK);
});

test('the audit line of a request about a task names its tool, and no id of the task', async () => {
  const runner = await clientOf(RUNNERS);
  const taskId = taskIdIn((await begin(runner)).body.result);
  log.lines.length = 0;
  await runner.request('tasks/get', { taskId });
  await runner.request('tasks/cancel', { taskId: `${taskId}x` });
  const [got, refused] = log.entries.filter(({ event }) => event === 'call');
  expect(got).toMatchObject({ method: 'tasks/get', backend: 'sdk', original: 'wait', outcome: 'answered' });
  expect(refused).toMatchObject({ method: 'tasks/cancel', outcome: 'unknown' });
  for (const id of [taskId, ...world.made]) expect(log.lines.join('\n')).not.toContain(id);
});
