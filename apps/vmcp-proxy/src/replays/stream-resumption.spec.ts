import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { modern } from '../client.fixture.js';
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

const callsAtBackend = (): number => world.backend.callsOf('tools/call').length;
const cancelsAtBackend = (): number => world.backend.callsOf('notifications/cancelled').length;

// MCP 2025-11-25, transports; SEP-1699.
test('a stream of 2025-11-25 says first where it is and when to come back; no two events have the same id', async () => {
  const client = await ResumingClient.begin(world);
  const streams = await Promise.all([client.call(here, 1), client.call(there, 2)]);
  for (const stream of streams) {
    await until(() => stream.events().length === 1);
    expect(stream.events()).toEqual([{ id: expect.any(String), retry: '1000', data: '' }]);
  }
  for (const call of [await next(), await next()]) {
    call.progress(1);
    call.finish('done');
  }
  await Promise.all(streams.map(async ({ ended }) => await ended));
  const ids = streams.flatMap((stream) => stream.events().map(({ id }) => id));
  expect(ids).toHaveLength(6);
  expect(new Set(ids).size).toBe(6);
  expect(ids).not.toContain(undefined);
});

test.each(['2025-06-18', '2025-03-26'])(
  'a client of %s, which takes an event without data for a broken message, gets none; its messages have ids',
  async (version) => {
    const client = await ResumingClient.begin(world, { version });
    const stream = await client.call(here);
    const call = await next();
    call.progress(1);
    call.finish('done');
    await stream.ended;
    expect(stream.events().map(({ data }) => data === '')).toEqual([false, false]);
    expect(stream.events().every(({ id }) => id !== undefined)).toBe(true);
  },
);

test('for a client of 2026-07-28 nothing changes: no ids, and who goes away has cancelled', async () => {
  const abort = new AbortController();
  const token = await world.proxy.token();
  let heard = '';
  const answer = modern(
    here,
    'tools/call',
    { name: 'one_echo', arguments: {}, _meta: { progressToken: 'p' } },
    { token, signal: abort.signal, heard: (text) => (heard = text) },
  ).catch(() => undefined);
  const call = await next();
  call.progress(1);
  await until(() => heard.includes('progress'));
  expect(heard).not.toMatch(/^(id|retry):/m);
  const before = cancelsAtBackend();
  abort.abort();
  await answer;
  await until(() => cancelsAtBackend() > before);
});

test('a call whose connection breaks goes on, runs once, and its client reads on: at the same replica', async () => {
  const client = await ResumingClient.begin(world);
  const [before, cancels] = [callsAtBackend(), cancelsAtBackend()];
  const stream = await client.call(here);
  const call = await next();
  call.progress(1);
  await until(() => progressIn(stream).length === 1);
  stream.cut();
  call.progress(2);
  const again = await client.get(here, stream.lastId());
  await until(() => progressIn(again).length === 1);
  call.progress(3);
  await until(() => progressIn(again).length === 2);
  call.finish('done');
  await again.ended;
  expect([progressIn(stream), progressIn(again), resultIn(again)]).toEqual([
    [1],
    [2, 3],
    expect.stringContaining('done'),
  ]);
  expect([callsAtBackend(), cancelsAtBackend()]).toEqual([before + 1, cancels]);
});

test('the same at another replica, live, and back again', async () => {
  const client = await ResumingClient.begin(world);
  const stream = await client.call(here);
  const call = await next();
  call.progress(1);
  await until(() => progressIn(stream).length === 1);
  stream.cut();
  call.progress(2);
  const second = await client.get(there, stream.lastId());
  await until(() => progressIn(second).length === 1);
  call.progress(3);
  await until(() => progressIn(second).length === 2);
  second.cut();
  call.progress(4);
  const third = await client.get(here, second.lastId());
  await until(() => progressIn(third).length === 1);
  third.cut();
  const fourth = await client.get(there, third.lastId());
  call.finish('döne "with" umlauts');
  await fourth.ended;
  expect([stream, second, third].map(progressIn)).toEqual([[1], [2, 3], [4]]);
  expect(fourth.messages()).toEqual([
    { jsonrpc: '2.0', id: 'the-call', result: { content: [{ type: 'text', text: 'döne "with" umlauts' }] } },
  ]);
});

test('an answer that came while nobody was there waits, at every replica, and can be read more than once', async () => {
  const client = await ResumingClient.begin(world);
  const stream = await client.call(here);
  const call = await next();
  await until(() => stream.lastId() !== '');
  stream.cut();
  call.finish('meanwhile');
  for (const url of [here, there, here]) {
    const again = await client.get(url, stream.lastId());
    await again.ended;
    expect(resultIn(again)).toContain('meanwhile');
  }
});

test('a large answer crosses between replicas whole', async () => {
  const client = await ResumingClient.begin(world);
  const stream = await client.call(here);
  const call = await next();
  await until(() => stream.lastId() !== '');
  stream.cut();
  const again = await client.get(there, stream.lastId());
  const text = `${'"ü'.repeat(400_000)}.`;
  call.finish(text);
  await again.ended;
  expect(again.messages()).toEqual([
    { jsonrpc: '2.0', id: 'the-call', result: { content: [{ type: 'text', text }] } },
  ]);
});

test('who reads on at two connections at once reads at the newer one', async () => {
  const client = await ResumingClient.begin(world);
  const stream = await client.call(here);
  const call = await next();
  await until(() => stream.lastId() !== '');
  const second = await client.get(here, stream.lastId());
  await stream.ended;
  await until(() => second.lastId() !== '');
  const third = await client.get(there, second.lastId());
  await second.ended;
  call.finish('done');
  await third.ended;
  expect([stream, second, third].map(resultIn)).toEqual([
    undefined,
    undefined,
    expect.stringContaining('done'),
  ]);
});

test('a replica that is killed leaves what it had, and the client is told at once that the call may have run', async () => {
  const dying = await world.proxy.startReplica();
  const client = await ResumingClient.begin(world);
  const stream = await client.call(dying.mcpUrl);
  const call = await next();
  await until(() => stream.lastId() !== '');
  stream.cut();
  call.progress(1);
  // It writes when its client has left: what comes after that is in the next look.
  await until(async () => {
    const again = await client.get(here, stream.lastId());
    again.cut();
    return again.status === 200;
  });
  await dying.kill();
  const again = await client.get(there, stream.lastId());
  await again.ended;
  expect(again.status).toBe(200);
  expect(again.messages().at(-1)).toMatchObject({
    id: 'the-call',
    error: { data: { code: 'unavailable', retry: 'check-first' } },
  });
});

test('who reads at another replica than the one that is killed is not left to wait, however rare signs of life to clients are', async () => {
  const rare = await startResumptionWorld({ streamKeepAliveMs: 300_000 });
  try {
    const held = holdCalls(rare.backend);
    const dying = await rare.proxy.startReplica();
    const client = await ResumingClient.begin(rare);
    const stream = await client.call(dying.mcpUrl);
    const call = await held();
    await until(() => stream.lastId() !== '');
    stream.cut();
    const again = await client.get(rare.other.mcpUrl, stream.lastId());
    call.progress(1);
    await until(() => progressIn(again).length === 1);
    await dying.kill();
    await again.ended;
    const last = await client.get(rare.proxy.mcpUrl, again.lastId());
    await last.ended;
    expect(last.messages()).toMatchObject([{ id: 'the-call', error: { data: { retry: 'check-first' } } }]);
  } finally {
    await rare.close();
  }
});

test('an answer that came before its replica was killed is there all the same', async () => {
  const dying = await world.proxy.startReplica();
  const client = await ResumingClient.begin(world);
  const stream = await client.call(dying.mcpUrl);
  const call = await next();
  await until(() => stream.lastId() !== '');
  const left = world.nextStored();
  stream.cut();
  await left;
  call.finish('in time');
  await until(async () => {
    const again = await client.get(dying.mcpUrl, stream.lastId());
    await again.ended;
    return resultIn(again) !== undefined;
  });
  await dying.kill();
  const again = await client.get(there, stream.lastId());
  await again.ended;
  expect(resultIn(again)).toContain('in time');
});

test('a replica that stops does not keep a call for a client that is away, and says so', async () => {
  const stopping = await world.proxy.startReplica();
  const client = await ResumingClient.begin(world);
  const stream = await client.call(stopping.mcpUrl);
  await next();
  await until(() => stream.lastId() !== '');
  const cancels = cancelsAtBackend();
  const left = world.nextStored();
  stream.cut();
  await left;
  await stopping.close();
  expect(cancelsAtBackend()).toBe(cancels + 1);
  const again = await client.get(there, stream.lastId());
  await again.ended;
  expect(again.messages()).toMatchObject([{ id: 'the-call', error: { data: { retry: 'check-first' } } }]);
});

test('a replica that stops tells a client that reads its call at another replica, and nobody waits for silence', async () => {
  const stopping = await world.proxy.startReplica();
  const client = await ResumingClient.begin(world);
  const stream = await client.call(stopping.mcpUrl);
  const call = await next();
  await until(() => stream.lastId() !== '');
  stream.cut();
  const again = await client.get(there, stream.lastId());
  call.progress(1);
  await until(() => progressIn(again).length === 1);
  await stopping.close();
  await again.ended;
  expect(again.messages().at(-1)).toMatchObject({
    id: 'the-call',
    error: { message: expect.stringContaining('restarted'), data: { retry: 'check-first' } },
  });
  expect((await client.get(here, again.lastId())).status).toBe(204);
});
