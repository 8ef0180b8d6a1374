import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { busKeyCurrent } from '@gatehouse/contracts/token-vault/bus-key-current';
import { connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import { Outbox } from '../outbox/outbox.flow.js';
import { until } from '@gatehouse/testing/until';
import { startRefreshWorld, type RefreshWorld } from '../testing/refresh-world.js';
import { send } from '../testing/stub-provider.js';

let world: RefreshWorld;

beforeAll(async () => {
  world = await startRefreshWorld();
});

beforeEach(() => world.stub.reset());

afterAll(() => world.close());

test('forty callers with an expired token on two replicas make exactly one redemption, and all get the new token', async () => {
  const { tsid, accountId } = await world.expired();
  const everybodyAsked = Promise.withResolvers<undefined>();
  let redeeming = 0;
  world.stub.misbehave.set('token', async () => {
    redeeming += 1;
    await everybodyAsked.promise;
    return 'as-usual';
  });
  const asking = Array.from({ length: 40 }, () => world.client.inject(tsid, 'directory'));
  await until(() => redeeming > 0);
  // A request and its answer later, all forty are under way.
  await world.client.ask(busKeyCurrent, {});
  everybodyAsked.resolve(undefined);
  const answers = await Promise.all(asking);
  expect(world.stub.counts.refresh).toBe(1);
  expect(new Set(answers.map(({ accessToken }) => accessToken)).size).toBe(1);
  expect(world.stub.liveGrants).toBeGreaterThan(0);
  expect(await world.rowOf(accountId)).toMatchObject({
    state: 'live',
    version: 2,
    leased: false,
    answered: false,
    begun: false,
  });
  await world.expire(accountId);
  await expect(world.client.inject(tsid, 'directory')).resolves.toBeDefined();
});

test('forty callers whose backend refused the same token make exactly one redemption', async () => {
  const { tsid } = await world.client.signIn({ acme: world.as('alice') });
  const { accessToken } = await world.client.inject(tsid, 'directory');
  const answers = await Promise.all(
    Array.from({ length: 40 }, () => world.client.inject(tsid, 'directory', accessToken)),
  );
  expect(world.stub.counts.refresh).toBe(1);
  for (const answer of answers) expect(answer.accessToken).not.toBe(accessToken);
});

test('a backend that refuses every token does not make the provider redeem at every call', async () => {
  const { tsid } = await world.client.signIn({ acme: world.as('alice') });
  let { accessToken } = await world.client.inject(tsid, 'directory');
  for (let call = 0; call < 5; call += 1)
    ({ accessToken } = await world.client.inject(tsid, 'directory', accessToken));
  expect(world.stub.counts.refresh).toBe(1);
});

test('shortly before its expiry a token is still handed out while it is refreshed behind', async () => {
  const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
  const { accessToken: before } = await world.client.inject(tsid, 'directory');
  const { accessToken: during } = await world.expiringIn(20, accountId, () =>
    world.client.inject(tsid, 'directory'),
  );
  expect(during).toBe(before);
  await until(async () => (await world.rowOf(accountId)).version === 2);
  const { accessToken: after } = await world.client.inject(tsid, 'directory');
  expect(after).not.toBe(before);
  expect(world.stub.counts.refresh).toBe(1);
});

test('a token whose provider does not say when it expires is used until it is refused', async () => {
  world.stub.accessTokenSeconds = undefined;
  const { tsid } = await world.client.signIn({ acme: world.as('alice') });
  const { accessToken } = await world.client.inject(tsid, 'directory');
  await expect(world.client.inject(tsid, 'directory')).resolves.toMatchObject({ accessToken });
  expect(world.stub.counts.refresh).toBe(0);
  expect((await world.client.inject(tsid, 'directory', accessToken)).accessToken).not.toBe(accessToken);
  expect(world.stub.counts.refresh).toBe(1);
});

test('a backend that refuses every token sends nobody to sign in again and again where nothing renews them', async () => {
  world.stub.givesRefreshToken = false;
  const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
  const { accessToken } = await world.client.inject(tsid, 'directory');
  await world.change(accountId, `connected_at = now() + interval '1 hour'`);
  await expect(world.client.inject(tsid, 'directory', accessToken)).resolves.toMatchObject({ accessToken });
  await world.change(accountId, `connected_at = now() - interval '1 hour'`);
  await expect(world.client.inject(tsid, 'directory', accessToken)).rejects.toMatchObject({
    code: 'reauth_required',
  });
});

describe('a provider that is away', () => {
  test.each([
    ['answers 503', 503, {}],
    ['answers 500 with invalid_grant', 500, { error: 'invalid_grant' }],
    ['answers that the client is wrong', 401, { error: 'invalid_client' }],
    ['answers that it is busy', 429, { error: 'slow_down' }],
  ])('and %s costs nobody their connection', async (_name, status, body) => {
    const { tsid, accountId } = await world.expired();
    world.stub.misbehave.set('token', (_request, response) => send(response, status, body));
    await expect(world.client.inject(tsid, 'directory')).rejects.toMatchObject({
      code: 'provider_unavailable',
    });
    expect(await world.rowOf(accountId)).toMatchObject({
      state: 'live',
      version: 1,
      leased: false,
      resting: true,
    });
    world.stub.misbehave.clear();
    await world.wakeUp(accountId);
    await expect(world.client.inject(tsid, 'directory')).resolves.toBeDefined();
  });

  test('is left alone for a while, whoever asks', async () => {
    const { tsid, accountId } = await world.expired();
    world.stub.misbehave.set('token', (_request, response) => send(response, 503, {}));
    const unavailable = () =>
      expect(world.client.inject(tsid, 'directory')).rejects.toMatchObject({ code: 'provider_unavailable' });
    await unavailable();
    expect(await world.rowOf(accountId)).toMatchObject({ resting: true });
    await world.keepResting(accountId);
    for (let call = 0; call < 10; call += 1) await unavailable();
    world.stub.reset();
    await world.client.inject(tsid, 'directory').catch(() => undefined);
    expect(world.stub.counts.refresh).toBe(0);
  });

  test('does not stop the old token from being used while it lives', async () => {
    const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
    world.stub.misbehave.set('token', (_request, response) => send(response, 503, {}));
    const answer = await world.expiringIn(4, accountId, () => world.client.inject(tsid, 'directory'));
    expect(answer.accessToken).toMatch(/^access-alice/);
  });
});

describe('a refresh that needs the user', () => {
  test('is told apart: invalid_grant, and the token is still the one that was sent', async () => {
    const { tsid, accountId } = await world.expired();
    world.stub.endAllGrants();
    await expect(world.client.inject(tsid, 'directory')).rejects.toMatchObject({
      code: 'reauth_required',
      details: { provider: 'acme' },
    });
    const { connections } = await world.client.ask(connectionList, { accountId });
    expect(connections).toMatchObject([{ state: 'reauth_required' }]);
    await expect(world.client.inject(tsid, 'directory')).rejects.toMatchObject({ code: 'reauth_required' });
    expect(world.stub.counts.refresh).toBe(1);
    await world.client.signIn({ acme: world.as('alice') }, accountId);
    await expect(world.client.inject(tsid, 'directory')).resolves.toBeDefined();
  });

  test('an expired token without a refresh token', async () => {
    world.stub.givesRefreshToken = false;
    const { tsid } = await world.expired();
    await expect(world.client.inject(tsid, 'directory')).rejects.toMatchObject({ code: 'reauth_required' });
    expect(world.stub.counts.refresh).toBe(0);
  });

  test('an answer with an id_token of somebody else is not published, and given back', async () => {
    const { tsid, accountId } = await world.expired();
    world.stub.claims = { sub: 'stub-mallory' };
    await expect(world.client.inject(tsid, 'directory')).rejects.toMatchObject({ code: 'reauth_required' });
    expect(await world.rowOf(accountId)).toMatchObject({ version: 1, answered: false });
    const outbox = world.vault.app.get(Outbox);
    outbox.wake();
    await outbox.settled();
    expect(world.stub.revoked).toHaveLength(1);
  });
});

describe('an answer that never came', () => {
  test('is ambiguous: nothing is thrown away, and a provider that did not rotate recovers at the next try', async () => {
    world.stub.rotates = false;
    const { tsid, accountId } = await world.expired();
    world.stub.misbehave.set('token', (request) => request.socket.destroy());
    await expect(world.client.inject(tsid, 'directory')).rejects.toMatchObject({
      code: 'provider_unavailable',
    });
    expect(await world.rowOf(accountId)).toMatchObject({
      state: 'ambiguous',
      version: 1,
      begun: true,
      resting: true,
    });
    world.stub.misbehave.clear();
    await world.wakeUp(accountId);
    await expect(world.client.inject(tsid, 'directory')).resolves.toBeDefined();
    expect(await world.rowOf(accountId)).toMatchObject({ state: 'live', version: 2, begun: false });
  });

  test('of a provider that did rotate ends in asking the user, not in silence', async () => {
    const { tsid, accountId } = await world.expired();
    world.stub.misbehave.set('token', (_request, response) => send(response, 200, { nonsense: true }));
    await expect(world.client.inject(tsid, 'directory')).rejects.toMatchObject({
      code: 'provider_unavailable',
    });
    expect(await world.rowOf(accountId)).toMatchObject({ state: 'ambiguous' });
    world.stub.misbehave.clear();
    world.stub.endAllGrants();
    await world.wakeUp(accountId);
    await expect(world.client.inject(tsid, 'directory')).rejects.toMatchObject({ code: 'reauth_required' });
  });

  test('a refused connection was not sent, so it is not ambiguous', async () => {
    const { tsid, accountId } = await world.expired();
    await world.stub.stop();
    await expect(world.client.inject(tsid, 'directory')).rejects.toMatchObject({
      code: 'provider_unavailable',
    });
    await world.stub.start();
    expect(await world.rowOf(accountId)).toMatchObject({ state: 'live', begun: false });
  });
});
