import { afterAll, afterEach, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import type { ProxySetup } from '../proxy.fixture.js';
import {
  holdCalls,
  progressIn,
  ResumingClient,
  resultIn,
  startResumptionWorld,
  type ResumptionWorld,
} from './resumption-world.fixture.js';

const worlds: ResumptionWorld[] = [];
afterAll(async () => {
  for (const world of worlds) await world.close();
});

async function worldWith(resumption: NonNullable<ProxySetup['resumption']>, streamKeepAliveMs = 60_000) {
  const world = await startResumptionWorld({ resumption, streamKeepAliveMs });
  worlds.push(world);
  const next = holdCalls(world.backend);
  const here = world.proxy.mcpUrl;
  const client = await ResumingClient.begin(world);
  return { world, next, here, there: world.other.mcpUrl, client };
}
afterEach(() => {
  for (const world of worlds) world.backend.setIntercept(undefined);
});

test('a call is cancelled at its backend when its client has not come back in time', async () => {
  const { world, next, here, client } = await worldWith({ keepForMs: 1_000 });
  const stream = await client.call(here);
  const call = await next();
  await until(() => stream.lastId() !== '');
  stream.cut();
  await until(() => call.isGone());
  await until(() => world.backend.callsOf('notifications/cancelled').length === 1);
  for (const url of [here, world.other.mcpUrl]) {
    const again = await client.get(url, stream.lastId());
    expect(again.status).toBe(400);
    await again.ended;
    expect(again.text()).toContain('Last-Event-ID');
  }
});

test('who missed more than is kept is answered with an error that says so, and the call is cancelled', async () => {
  const { next, here, there, client } = await worldWith({ bytesPerStream: 2_048 });
  for (const url of [here, there]) {
    const stream = await client.call(here);
    const call = await next();
    await until(() => stream.lastId() !== '');
    stream.cut();
    for (let progress = 1; progress <= 40; progress += 1) call.progress(progress);
    // The one that comes back is the one that was there: what was sent has arrived when this has.
    const probe = await client.call(here, 'probe');
    (await next()).finish('probe');
    await probe.ended;
    const again = await client.get(url, stream.lastId());
    await again.ended;
    expect(again.messages()).toMatchObject([
      {
        id: 'the-call',
        error: { message: expect.stringContaining('than is kept'), data: { retry: 'check-first' } },
      },
    ]);
    await until(() => call.isGone());
  }
});

test('an answer that is larger than what is kept is not given again, and is not held', async () => {
  const { next, here, client } = await worldWith({ bytesPerStream: 2_048 });
  const stream = await client.call(here);
  const call = await next();
  await until(() => stream.lastId() !== '');
  const before = stream.lastId();
  call.finish('x'.repeat(100_000));
  await stream.ended;
  expect(resultIn(stream)).toHaveLength(
    100_000 + JSON.stringify({ content: [{ type: 'text', text: '' }] }).length,
  );
  const again = await client.get(here, before);
  await again.ended;
  expect(again.messages()).toMatchObject([{ error: { data: { retry: 'check-first' } } }]);
});

test('a session keeps so many streams; those that are over make room, and one without room has no ids', async () => {
  const { next, here, client } = await worldWith({ streamsPerSession: 2 });
  const over = await client.call(here, 0);
  (await next()).finish('over');
  await over.ended;
  const first = await client.call(here, 1);
  const second = await client.call(here, 2);
  const calls = [await next(), await next()];
  await until(() => first.lastId() !== '' && second.lastId() !== '');
  expect((await client.get(here, over.events()[0]?.id)).status).toBe(400);
  const third = await client.call(here, 3);
  const last = await next();
  last.progress(1);
  await until(() => progressIn(third).length === 1);
  expect(third.events().map(({ id }) => id)).toEqual([undefined]);
  // It cannot come back.
  third.cut();
  await until(() => last.isGone());
  for (const call of calls) call.finish('done');
  await Promise.all([first.ended, second.ended]);
});

test('with no streams at all there are no event ids, and who goes away has cancelled', async () => {
  const { next, here, client } = await worldWith({ streamsPerSession: 0 });
  const stream = await client.call(here);
  const call = await next();
  call.progress(1);
  await until(() => progressIn(stream).length === 1);
  expect(stream.text()).not.toMatch(/^(id|retry):/m);
  stream.cut();
  await until(() => call.isGone());
});

test('a call whose backend is silent has a stream meanwhile, with signs of life, and can be resumed', async () => {
  const { world, here, there, client } = await worldWith({}, 1_000);
  const held = Promise.withResolvers<() => void>();
  world.backend.setIntercept((one, response) => {
    if (one.body['method'] !== 'tools/call') return false;
    held.resolve(() => {
      const result = { content: [{ type: 'text', text: 'at last' }] };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], result }));
    });
    return true;
  });
  const stream = await client.call(here);
  const finish = await held.promise;
  await until(() => stream.text().includes('\n: still running'));
  expect(stream.status).toBe(200);
  stream.cut();
  const again = await client.get(there, stream.lastId());
  await until(() => again.lastId() !== '');
  finish();
  await again.ended;
  expect(again.messages()).toEqual([
    { jsonrpc: '2.0', id: 'the-call', result: { content: [{ type: 'text', text: 'at last' }] } },
  ]);
});
