import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { Secret } from '@gatehouse/kernel/secret';
import { until } from '@gatehouse/testing/until';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  BRIDGE_SECRET,
  fixtureBackend,
  isAlive,
  startBridgeWorld,
  type BridgeWorld,
} from './bridge-world.fixture.js';

const TOKEN = 'gho_token-of-alice';
const ALICE = { 'gatehouse-person': 'alice', authorization: `Bearer ${TOKEN}` };
const personal = (mode: string) => fixtureBackend('personal', { tokenEnv: 'API_TOKEN' }, mode);

let world: BridgeWorld;
beforeEach(async () => {
  world = await startBridgeWorld([
    fixtureBackend('kept', {}, 'first'),
    fixtureBackend('changed', {}, 'first'),
    fixtureBackend('removed', {}, 'first'),
    personal('first'),
  ]);
});
afterEach(() => world.close());

const started = (): number => world.log.of('program-started').length;

test('a session of a program that stayed goes on; one of another takes no more requests, and ends after its last', async () => {
  const [kept, changed, removed] = [world.client('kept'), world.client('changed'), world.client('removed')];
  for (const client of [kept, changed, removed]) expect((await client.initialize()).status).toBe(200);
  const before = await kept.about();
  const [oldOne, oldTwo] = [await changed.about(), await removed.about()];
  const [runningOne, runningTwo] = [await changed.callForever('one'), await removed.callForever('two')];

  world.exchange([
    fixtureBackend('kept', { callTimeoutMs: 60_000, processes: { idleTimeoutMs: 1_000_000 } }, 'first'),
    fixtureBackend('changed', {}, 'second'),
    fixtureBackend('added', {}, 'second'),
  ]);
  // Other limits make no other program.
  expect((await kept.about()).pid).toBe(before.pid);
  // What runs goes on, and can still be cancelled; what is new is told that the session is over.
  expect([isAlive(oldOne.pid), isAlive(oldTwo.pid)]).toEqual([true, true]);
  expect([(await changed.call('about')).status, (await removed.call('about')).status]).toEqual([404, 404]);
  for (const [client, id] of [
    [changed, 'one'],
    [removed, 'two'],
  ] as const)
    await client.message({ method: 'notifications/cancelled', params: { requestId: id } });
  await Promise.all([runningOne.answered, runningTwo.answered]);
  await until(() => !isAlive(oldOne.pid) && !isAlive(oldTwo.pid));
  // Its session is over, whichever program the proxy means by now.
  expect((await changed.call('about')).status).toBe(404);

  const next = world.client('changed');
  expect((await next.initialize()).status).toBe(200);
  expect((await next.about()).argv.at(-1)).toBe('second');
  const added = world.client('added');
  expect((await added.initialize()).status).toBe(200);
  expect((await added.about()).argv.at(-1)).toBe('second');
  expect((await world.client('removed').initialize()).status).toBe(421);
});

test("attack: a person's token of one provider does not reach another program under the same name, whichever side is ahead", async () => {
  const behind = world.client('personal', ALICE);
  world.exchange([personal('second')]);
  const begun = started();
  const answered = await behind.initialize();
  expect([answered.status, answered.headers['retry-after']]).toEqual([421, '1']);
  expect(answered.text).toContain('Try again shortly');
  // The proxy knows the second one already, and the bridge goes back to the first.
  const ahead = world.client('personal', ALICE);
  world.exchange([personal('first')]);
  expect((await ahead.initialize()).status).toBe(421);
  expect(started()).toBe(begun);
  expect((await behind.initialize()).status).toBe(200);
  expect((await behind.about()).argv.at(-1)).toBe('first');
});

test('attack: a proxy that does not say which program it means is served none, with a session or without', async () => {
  const alice = world.client('personal', ALICE);
  expect((await alice.initialize()).status).toBe(200);
  const begun = started();
  for (const program of ['', 'personal/second', 'kept/first']) {
    const headers = { 'gatehouse-program': program };
    expect((await world.client('personal', { ...ALICE, ...headers }).initialize()).status).toBe(421);
    expect((await alice.call('about', {}, { headers })).status).toBe(421);
    expect((await alice.send({ method: 'GET', headers })).status).toBe(421);
    expect((await alice.send({ method: 'DELETE', headers })).status).toBe(421);
  }
  expect(started()).toBe(begun);
  expect((await alice.about()).env['API_TOKEN']).toBe(TOKEN);
});

test('attack: a program that is taken away while a request for it comes in is not started with the token any more', async () => {
  const begun = started();
  const coming = request(`${world.origin}/personal/mcp`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'gatehouse-bridge-secret': BRIDGE_SECRET,
      'gatehouse-program': personal('first').program,
      ...ALICE,
      expect: '100-continue',
    },
  });
  const answered = once(coming, 'response') as Promise<[IncomingMessage]>;
  coming.flushHeaders();
  // It is taken for the first program by now, and waits for its message.
  await once(coming, 'continue');
  world.exchange([personal('second')]);
  const params = {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'test', version: '1' },
  };
  coming.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }));
  const [response] = await answered;
  response.resume();
  expect([response.statusCode, started()]).toEqual([421, begun]);
});

test('another secret value in a variable is another program; the proxy need not know it', async () => {
  const keyed = (value: string) =>
    fixtureBackend('kept', { secretEnv: new Map([['KEY', new Secret(value)]]) }, 'first');
  world.exchange([keyed('one')]);
  const client = world.client('kept');
  expect((await client.initialize()).status).toBe(200);
  expect((await client.about()).env['KEY']).toBe('one');
  world.exchange([keyed('two')]);
  expect((await client.call('about')).status).toBe(404);
  client.sessionId = undefined;
  expect((await client.initialize()).status).toBe(200);
  expect((await client.about()).env['KEY']).toBe('two');
});

test('the last program is taken away like any other', async () => {
  const client = world.client('kept');
  expect((await client.initialize()).status).toBe(200);
  const { pid } = await client.about();
  world.exchange([]);
  await until(() => !isAlive(pid));
  client.sessionId = undefined;
  expect((await client.initialize()).status).toBe(421);
});
