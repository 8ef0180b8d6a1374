import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { legacyClient } from '../client.fixture.js';
import { placeIn } from './event-id.js';
import {
  holdCalls,
  NOBODYS_STREAM,
  progressIn,
  ResumingClient,
  resultIn,
  startResumptionWorld,
  type HeldCall,
  type RawStream,
  type ResumptionWorld,
} from './resumption-world.fixture.js';

let world: ResumptionWorld;
let next: () => Promise<HeldCall>;
let urls: readonly string[];

beforeAll(async () => {
  world = await startResumptionWorld();
  urls = [world.proxy.mcpUrl, world.other.mcpUrl];
});
beforeEach(() => {
  next = holdCalls(world.backend);
});
afterAll(() => world.close());

/** A person whose call has said something secret, and whose connection is gone. */
async function victim(token?: string) {
  const client = await ResumingClient.begin(world, token === undefined ? {} : { token });
  const stream = await client.call(world.proxy.mcpUrl);
  const call = await next();
  await until(() => stream.lastId() !== '');
  stream.cut();
  call.progress(4_711);
  return { client, stream, call };
}

const nothingOf = (stream: RawStream): void => {
  expect([stream.status, stream.events()]).toEqual([400, []]);
  expect(stream.text()).not.toMatch(/4711|the-secret/);
};

async function finished({ client, stream, call }: Awaited<ReturnType<typeof victim>>): Promise<void> {
  call.finish('the-secret');
  const again = await client.get(world.proxy.mcpUrl, stream.lastId());
  await again.ended;
  expect([progressIn(again), resultIn(again)]).toEqual([[4_711], expect.stringContaining('the-secret')]);
}

test('another person who got hold of an event id gets nothing of its stream, at any replica, in a session of their own', async () => {
  const one = await victim();
  const thief = await ResumingClient.begin(world);
  for (const url of urls) {
    const stolen = await thief.get(url, one.stream.lastId());
    await stolen.ended;
    nothingOf(stolen);
  }
  await finished(one);
  for (const url of urls) nothingOf(await thief.get(url, one.stream.lastId()));
});

test('another person who got hold of event id and session id finds no such session', async () => {
  const one = await victim();
  const thief = await ResumingClient.begin(world);
  const headers = { ...thief.headers, 'mcp-session-id': one.client.sessionId };
  for (const url of urls) {
    const stolen = await fetch(url, { headers: { ...headers, 'last-event-id': one.stream.lastId() } });
    expect([stolen.status, await stolen.text()]).toEqual([404, expect.not.stringContaining('4711')]);
  }
  await finished(one);
});

test('an event id of another session of the same person opens nothing', async () => {
  const token = await world.proxy.token();
  const one = await victim(token);
  const second = await ResumingClient.begin(world, { token });
  for (const url of urls) {
    const stream = await second.get(url, one.stream.lastId());
    await stream.ended;
    nothingOf(stream);
  }
  await finished(one);
});

test('an event id of one stream replays nothing of another stream of the same session', async () => {
  const one = await victim();
  const second = await one.client.call(world.proxy.mcpUrl, 'another-call');
  const call = await next();
  await until(() => second.lastId() !== '');
  second.cut();
  call.progress(1);
  call.finish('of the other one');
  await finished(one);
  for (const url of urls) {
    const again = await one.client.get(url, second.lastId());
    await again.ended;
    expect(again.messages().map(({ id }) => id)).toEqual([undefined, 'another-call']);
    expect(again.text()).not.toMatch(/4711|the-secret/);
  }
});

test('forged and changed event ids open nothing, and end nothing', async () => {
  const one = await victim();
  const id = one.stream.lastId();
  const place = placeIn(id);
  if (place === undefined) throw new Error('no id');
  const { replica, stream } = place;
  const forged = [
    `c.${replica}.${NOBODYS_STREAM}.0`,
    `c.${'A'.repeat(43)}.${stream}.0`,
    `c.${replica}.${stream}.0.e30=`,
    `c.${replica}.${stream}.999999`,
    `c.${replica}.${stream}.-1`,
    `c.${replica}.${stream}.1e3`,
    `c.${replica}.${stream.toUpperCase()}.0`,
    `x.${replica}.${stream}.0`,
    id.replace(/\.\d+\.(?=[^.]*$)/, '.10000000000000000.'),
    `${id}, ${id}`,
    id.repeat(100),
    '1',
    '*',
    "' OR 1=1 --",
  ];
  for (const [index, forgery] of forged.entries()) {
    const answer = await one.client.get(urls[index % 2] ?? '', forgery);
    await answer.ended;
    nothingOf(answer);
  }
  await finished(one);
});

test('the id of a call is no id of a stream that listens: that one says nothing of the call', async () => {
  const one = await victim();
  for (const url of urls) {
    const stream = await one.client.get(url, one.stream.lastId().replace(/^c/, 'l'));
    await until(() => stream.messages().length > 0);
    expect(stream.text()).not.toMatch(/4711|the-secret/);
    stream.cut();
  }
  await finished(one);
});

test('after the end of its session a stream is gone, at every replica, and its call is cancelled', async () => {
  const one = await victim();
  const gone = one.call.isGone;
  expect(await one.client.end(world.other.mcpUrl)).toBe(200);
  await until(gone);
  for (const url of urls) {
    const stream = await one.client.get(url, one.stream.lastId());
    expect([stream.status, stream.events()]).toEqual([404, []]);
  }
});

test('after the end of its session nobody who knows its id can begin it again to read what was kept', async () => {
  const one = await victim();
  one.call.finish('the-secret');
  await one.client.end(world.proxy.mcpUrl);
  const { sessionId } = await legacyClient(world.proxy.mcpUrl, one.client.token);
  expect(sessionId).not.toBe(one.client.sessionId);
  const headers = { ...one.client.headers, 'mcp-session-id': sessionId };
  for (const url of urls) {
    const answer = await fetch(url, { headers: { ...headers, 'last-event-id': one.stream.lastId() } });
    expect([answer.status, await answer.text()]).toEqual([400, expect.not.stringContaining('the-secret')]);
  }
});

test('who reads the bus, or what is stored there, learns no word of a stream, no event id and no session id', async () => {
  const before = world.overheard.length;
  const one = await victim();
  const again = await one.client.get(world.other.mcpUrl, one.stream.lastId());
  await until(() => progressIn(again).length === 1);
  again.cut();
  one.call.finish('the-secret');
  const last = await one.client.get(world.other.mcpUrl, again.lastId());
  await last.ended;
  expect(resultIn(last)).toContain('the-secret');
  const overheard = world.overheard.slice(before);
  expect(overheard.length).toBeGreaterThan(3);
  const stream = placeIn(one.stream.lastId())?.stream ?? '';
  for (const said of overheard) {
    const decoded = Buffer.from(said, 'base64url').toString('latin1');
    for (const text of [said, decoded])
      for (const secret of ['the-secret', '4711', 'progress', stream, one.client.sessionId])
        expect(text).not.toContain(secret);
  }
});

test('a call whose client stays writes nothing to the bus, however it is answered', async () => {
  const client = await ResumingClient.begin(world);
  const before = world.overheard.length;
  for (const kind of ['stream', 'json'] as const) {
    if (kind === 'json') world.backend.setIntercept(undefined);
    const stream = await client.call(world.proxy.mcpUrl);
    if (kind === 'stream') (await next()).finish('done');
    await stream.ended;
  }
  // The next thing that is stored is that of a client who leaves.
  next = holdCalls(world.backend);
  const stored = world.nextStored();
  const last = await victim();
  await stored;
  expect(world.overheard.length).toBe(before + 1);
  await finished(last);
});
