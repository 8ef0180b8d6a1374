import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { legacyClient, modern, type LegacyClient } from '../client.fixture.js';
import { startTaskWorld, taskIdIn, type TaskWorld } from './task-world.fixture.js';

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
