import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { authorization } from '../client.fixture.js';
import { placeIn } from './event-id.js';
import { holdCalls, startResumptionWorld, type ResumptionWorld } from './resumption-world.fixture.js';

let world: ResumptionWorld;
beforeAll(async () => {
  world = await startResumptionWorld();
});
afterAll(() => world.close());

test('errors on event streams do not make the official client of version 1 ask again and again, or end its listening stream', async () => {
  const next = holdCalls(world.backend);
  const gets: { readonly lastEventId: string | null; readonly status: number }[] = [];
  const fetchCounted = async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    const response = await fetch(url, init);
    const lastEventId = new Headers(init.headers).get('last-event-id');
    if (init.method === 'GET') gets.push({ lastEventId, status: response.status });
    return response;
  };
  const client = new Client({ name: 'fails', version: '1' });
  let changes = 0;
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => void (changes += 1));
  const headers = authorization(await world.proxy.token());
  const url = new URL(world.proxy.mcpUrl);
  await client.connect(
    new StreamableHTTPClientTransport(url, { requestInit: { headers }, fetch: fetchCounted }),
  );
  await until(() => gets.length === 1);
  for (let errors = 1; errors <= 3; errors += 1) {
    const failed = client.callTool({ name: 'one_echo', arguments: {} }).catch((error: unknown) => error);
    (await next()).fail('there is no such thing');
    expect(await failed).toMatchObject({ code: -32_602 });
    // It waits as long before each `GET`: what an answer to the one before brought about has come before this one.
    await until(() => gets.length > errors);
  }
  expect(gets.map(({ status }) => status)).toEqual([200, 204, 204, 204]);
  expect(gets.map(({ lastEventId }) => placeIn(lastEventId ?? '')?.isLast)).toEqual([
    undefined,
    true,
    true,
    true,
  ]);
  expect(changes).toBe(0);
  await client.close();
});
