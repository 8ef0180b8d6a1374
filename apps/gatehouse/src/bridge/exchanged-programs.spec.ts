import { bridgeNeedsRestart, type BridgePart } from '@gatehouse/config/bridge-part';
import { Secret } from '@gatehouse/kernel/secret';
import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fixtureBackend, isAlive, startBridgeWorld, type BridgeWorld } from './bridge-world.fixture.js';

let world: BridgeWorld;

beforeAll(async () => {
  world = await startBridgeWorld([
    fixtureBackend('kept', {}, 'first'),
    fixtureBackend('changed', {}, 'first'),
    fixtureBackend('removed', {}, 'first'),
  ]);
});
afterAll(() => world.close());

test('a session of a program that stayed goes on; one of another takes no more requests, and ends after its last', async () => {
  const [kept, changed, removed] = ['kept', 'changed', 'removed'].map((name) => world.client(name));
  if (kept === undefined || changed === undefined || removed === undefined) throw new Error('three clients');
  for (const client of [kept, changed, removed]) expect((await client.initialize()).status).toBe(200);
  const before = await kept.about();
  const [oldOne, oldTwo] = [await changed.about(), await removed.about()];
  const [runningOne, runningTwo] = [await changed.callForever('one'), await removed.callForever('two')];

  world.exchange([
    fixtureBackend('kept', {}, 'first'),
    fixtureBackend('changed', {}, 'second'),
    fixtureBackend('added', {}, 'second'),
  ]);
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

  const next = world.client('changed');
  expect((await next.initialize()).status).toBe(200);
  expect((await next.about()).argv.at(-1)).toBe('second');
  const added = world.client('added');
  expect((await added.initialize()).status).toBe(200);
  expect((await added.about()).argv.at(-1)).toBe('second');
  expect((await world.client('removed').initialize()).status).toBe(404);
});

const PART: BridgePart = {
  listen: { host: '127.0.0.1', port: 4493 },
  url: 'http://127.0.0.1:4493',
  secret: new Secret('a-bridge-secret-that-only-the-proxy-has'),
  backends: [],
  messageBytes: 1,
  shutdownTimeoutMs: 1,
};

test('how the bridge is reached, and by whom, needs a restart; programs do not', () => {
  expect(bridgeNeedsRestart(PART, { ...PART, backends: [fixtureBackend('one')] })).toEqual([]);
  expect(bridgeNeedsRestart(PART, { ...PART, listen: { host: '127.0.0.1', port: 4494 } })).toEqual([
    'listen.bridge',
  ]);
  expect(bridgeNeedsRestart(PART, { ...PART, secret: new Secret('another-secret') })).toEqual(['bridge']);
});
