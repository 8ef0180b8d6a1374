import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import type { ServerResponse } from 'node:http';
import {
  NOBODYS_STREAM,
  ResumingClient,
  startResumptionWorld,
  type RawStream,
  type ResumptionWorld,
} from './resumption-world.fixture.js';

const ECHO = { name: 'echo', inputSchema: { type: 'object' } };
const TOOLS = 'notifications/tools/list_changed';
const EVERYTHING = [
  TOOLS,
  'notifications/prompts/list_changed',
  'notifications/resources/list_changed',
].sort();

let world: ResumptionWorld;
const feeds = new Set<ServerResponse>();
let tools = 0;

beforeAll(async () => {
  // Nobody's place is free because it was waited for long enough.
  world = await startResumptionWorld({ resumption: { keepForMs: 600_000 } });
  world.backend.setIntercept(({ httpMethod }, response) => {
    if (httpMethod !== 'GET') return false;
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    feeds.add(response);
    response.once('close', () => feeds.delete(response));
    return true;
  });
});
afterAll(() => world.close());

/** The backend has another tool, and says so. */
function change(): void {
  tools += 1;
  world.backend.setTools([ECHO, { name: `tool-${tools}`, inputSchema: { type: 'object' } }]);
  for (const feed of feeds) feed.write(`data: ${JSON.stringify({ jsonrpc: '2.0', method: TOOLS })}\n\n`);
}

const methods = (stream: RawStream): readonly unknown[] => stream.messages().map(({ method }) => method);

/** A client that listens, and has heard of one change. */
async function listening(url: string) {
  const client = await ResumingClient.begin(world);
  const stream = await client.get(url);
  await until(() => stream.lastId() !== '' && feeds.size > 0);
  // The first look at the lists is not announced: changes are made until one is.
  await until(() => {
    change();
    return methods(stream).includes(TOOLS);
  });
  return { client, stream };
}

test('a stream that listens says where it is; what it missed is said when it comes back to the same replica, and no more', async () => {
  const here = world.proxy.mcpUrl;
  const { client, stream } = await listening(here);
  stream.cut();
  const [first] = stream.events();
  // Everything after the first event was seen, and can be had again.
  const again = await client.get(here, first?.id);
  await until(() => methods(again).length > 0);
  expect(new Set(methods(again))).toEqual(new Set([TOOLS]));
  const last = again.lastId();
  again.cut();
  const third = await client.get(here, last);
  await until(() => third.lastId() !== '');
  expect(methods(third)).toEqual([]);
  await until(() => {
    change();
    return methods(third).includes(TOOLS);
  });
  third.cut();
});

test('a stream whose place a newer one took while it was live comes back without a word: nothing was missed', async () => {
  const here = world.proxy.mcpUrl;
  const { client, stream } = await listening(here);
  const newer = await client.get(here);
  await stream.ended;
  const again = await client.get(here, stream.lastId());
  await newer.ended;
  await until(() => {
    change();
    return methods(again).includes(TOOLS);
  });
  expect(new Set(methods(again))).toEqual(new Set([TOOLS]));
  again.cut();
});

test('clients that have gone take no place from those of the same person that come', async () => {
  const here = world.proxy.mcpUrl;
  const { client: stays, stream: heard } = await listening(here);
  for (let count = 0; count < 40; count += 1) {
    const client = await ResumingClient.begin(world, { token: stays.token });
    // Until it is noticed that the one before has left.
    await until(async () => {
      const stream = await client.get(here);
      if (stream.status !== 200) return false;
      await until(() => stream.lastId() !== '');
      stream.cut();
      return true;
    });
  }
  const before = methods(heard).length;
  await until(() => {
    change();
    return methods(heard).length > before;
  });
  heard.cut();
});

test('at another replica it is given what it missed, and told to look at everything', async () => {
  const { client, stream } = await listening(world.proxy.mcpUrl);
  stream.cut();
  const again = await client.get(world.other.mcpUrl, stream.events()[0]?.id);
  await until(() => new Set(methods(again)).size === 3);
  expect([...new Set(methods(again))].sort()).toEqual(EVERYTHING);
  again.cut();
});

test('a stream whose replica is gone goes on all the same: its client is told to look at everything', async () => {
  const dying = await world.proxy.startReplica();
  const { client, stream } = await listening(dying.mcpUrl);
  await dying.kill();
  const again = await client.get(world.other.mcpUrl, stream.lastId());
  await until(() => new Set(methods(again)).size === 3);
  expect([...new Set(methods(again))].sort()).toEqual(EVERYTHING);
  again.cut();
  const forged = await client.get(world.other.mcpUrl, `l.${'A'.repeat(43)}.${NOBODYS_STREAM}.3`);
  await until(() => new Set(methods(forged)).size === 3);
  forged.cut();
});
