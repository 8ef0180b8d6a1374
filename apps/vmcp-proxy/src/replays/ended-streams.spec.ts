import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import {
  holdCalls,
  progressIn,
  ResumingClient,
  resultIn,
  startResumptionWorld,
  type HeldCall,
  type ResumptionWorld,
} from './resumption-world.fixture.js';

let world: ResumptionWorld;
let next: () => Promise<HeldCall>;
let here: string;
let there: string;

beforeAll(async () => {
  world = await startResumptionWorld();
  here = world.proxy.mcpUrl;
  there = world.other.mcpUrl;
});
beforeEach(() => {
  next = holdCalls(world.backend);
});
afterAll(() => world.close());

test.each(['a result', 'an error'])(
  'who has %s, the last event of a stream, is told at every replica that nothing more comes: 204',
  async (what) => {
    const client = await ResumingClient.begin(world);
    const stream = await client.call(here);
    const call = await next();
    await until(() => stream.lastId() !== '');
    if (what === 'a result') call.finish('done');
    else call.fail('no');
    await stream.ended;
    expect(resultIn(stream)).toBeDefined();
    for (const url of [here, there]) {
      const again = await client.get(url, stream.lastId());
      await again.ended;
      expect([again.status, again.text()]).toEqual([204, '']);
      // Whoever has not read it can have it all the same, under the same id.
      const whole = await client.get(url, stream.events()[0]?.id);
      await whole.ended;
      expect(whole.events()).toEqual(stream.events().slice(1));
    }
  },
);

test('a client that cancelled, and comes back for the rest, is told at every replica that there is none: 204', async () => {
  const client = await ResumingClient.begin(world);
  const stream = await client.call(here);
  const call = await next();
  call.progress(1);
  await until(() => progressIn(stream).length === 1);
  const params = { requestId: 'the-call' };
  await client.post(here, JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params }));
  await stream.ended;
  expect(resultIn(stream)).toBeUndefined();
  for (const url of [here, there]) expect((await client.get(url, stream.lastId())).status).toBe(204);
});

test('who was told that the replica of a call is gone is not told so again and again', async () => {
  const dying = await world.proxy.startReplica();
  const client = await ResumingClient.begin(world);
  const stream = await client.call(dying.mcpUrl);
  await next();
  await until(() => stream.lastId() !== '');
  await dying.kill();
  const again = await client.get(there, stream.lastId());
  await again.ended;
  expect(again.messages()).toMatchObject([{ id: 'the-call', error: { data: { retry: 'check-first' } } }]);
  for (const url of [here, there]) expect((await client.get(url, again.lastId())).status).toBe(204);
});
