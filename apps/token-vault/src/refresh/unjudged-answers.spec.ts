import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { HOUR_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { ConnectionStore } from '../connections/connection.store.js';
import { Outbox } from '../outbox/outbox.flow.js';
import { startRefreshWorld, type RefreshWorld } from '../testing/refresh-world.js';
import { send, type Misbehaviour } from '../testing/stub-provider.js';
import { oidcProvider } from '../testing/vault-config.js';
import type { TestVault } from '../testing/test-vault.js';
import { SubjectTokens } from '../credentials/subject-tokens.flow.js';
import type { SessionId } from '@gatehouse/kernel/ids';

let world: RefreshWorld;
/** A process that has not seen the provider's keys. */
let fresh: TestVault | undefined;

beforeAll(async () => {
  world = await startRefreshWorld();
});
afterEach(async () => {
  world.stub.reset();
  await fresh?.close();
  fresh = undefined;
});
afterAll(() => world.close());

async function refreshAnew(tsid: string): Promise<unknown> {
  fresh ??= await world.startVault({
    providers: [oidcProvider('acme', world.stub.issuer)],
    backends: { directory: { type: 'upstreamInject', providerName: 'acme' } },
  });
  const subjects = fresh.app.get(SubjectTokens);
  const { connection } = await subjects.bound(tsid as SessionId, 'acme');
  return await subjects.tokens(connection).catch((error: unknown) => error);
}

/** So much time has passed since the kept answer came. */
async function age(accountId: string, passedMs: number): Promise<void> {
  const { id } = await world.rowOf(accountId);
  const connection = await world.vault.app.get(ConnectionStore).byId(id);
  const answer = connection?.opened()?.answer;
  if (connection === undefined || answer === undefined) throw new Error('no answer is kept');
  await world.rows.query({
    name: 'age-answer',
    text: 'update connections set answer = $2 where id = $1',
    values: [id, connection.sealAnswer({ ...answer, receivedAtMs: answer.receivedAtMs - passedMs })],
  });
  await world.wakeUp(accountId);
}

const revoked = async () => {
  const outbox = world.vault.app.get(Outbox);
  outbox.wake();
  await outbox.settled();
  return world.stub.revoked;
};

const HTML = '<!doctype html><title>Sign in to the Wi-Fi</title>';
const NONSENSE: readonly (readonly [string, Misbehaviour])[] = [
  ...[403, 404, 429, 500, 503].map((status): readonly [string, Misbehaviour] => [
    `${status}`,
    (_request, response) => send(response, status, {}),
  ]),
  ['a page', (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(HTML)],
  [
    'a page called JSON',
    (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(HTML),
  ],
  ['no keys', (_request, response) => send(response, 200, { keys: [] })],
  ['no key set', (_request, response) => send(response, 200, {})],
  ['nothing', (request) => request.socket.destroy()],
];

describe('a key set that answers nonsense ends no grant', () => {
  test.each(NONSENSE)(
    '%s: the answer is kept, nothing is revoked, and it is published later',
    async (_what, misbehave) => {
      const { tsid, accountId } = await world.expired();
      world.stub.misbehave.set('jwks', misbehave);
      expect(await refreshAnew(tsid)).toMatchObject({ code: 'provider_unavailable' });
      expect(await world.rowOf(accountId)).toMatchObject({ state: 'live', version: 1, answered: true });
      expect(await revoked()).toEqual([]);
      world.stub.misbehave.clear();
      await world.wakeUp(accountId);
      const refreshes = world.stub.counts.refresh;
      await expect(world.client.inject(tsid, 'directory')).resolves.toBeDefined();
      expect(world.stub.counts.refresh).toBe(refreshes);
    },
  );
});

test('a provider that changed its keys a moment ago is looked at once more, and the token endpoint is not asked again', async () => {
  const { tsid } = await world.expired();
  // These processes know the old key since the sign-in.
  await world.stub.changeKey();
  const refreshes = world.stub.counts.refresh;
  await expect(world.client.inject(tsid, 'directory')).resolves.toBeDefined();
  expect(world.stub.counts.refresh).toBe(refreshes + 1);
});

test('a provider that signs with its new key under the name of the old one loses no grant, and other keys go on to count', async () => {
  const { tsid } = await world.expired();
  world.stub.namesKey = 'the-old-one';
  await world.stub.changeKey();
  const refreshes = world.stub.counts.refresh;
  await expect(world.client.inject(tsid, 'directory')).resolves.toBeDefined();
  expect(world.stub.counts.refresh).toBe(refreshes + 1);
  world.stub.namesKey = undefined;
  const next = await world.expired();
  await expect(world.client.inject(next.tsid, 'directory')).resolves.toBeDefined();
});

test('a forged id_token under the name of a key that nobody has is not used either', async () => {
  const { tsid, accountId } = await world.expired();
  world.stub.signsWithUnpublishedKey = true;
  world.stub.namesKey = 'nobodys';
  // The key may yet be published: the answer is kept, and looked at again.
  expect(await refreshAnew(tsid)).toMatchObject({ code: 'provider_unavailable' });
  expect(await world.rowOf(accountId)).toMatchObject({ version: 1, answered: true });
});

test('an id_token that is too old by our clock ends no grant either', async () => {
  const { tsid, accountId } = await world.expired();
  world.stub.claims = { exp: 1_000_000_000 };
  expect(await refreshAnew(tsid)).toMatchObject({ code: 'provider_unavailable' });
  expect(await world.rowOf(accountId)).toMatchObject({ state: 'live', answered: true });
  expect(await revoked()).toEqual([]);
});

test('an id_token that ended while its answer waited is judged as of its arrival, and the token endpoint is not asked again', async () => {
  const { tsid, accountId } = await world.expired();
  const arrived = Math.floor(Date.now() / SECOND_MS) - HOUR_MS / SECOND_MS;
  world.stub.claims = { iat: arrived, exp: arrived + 300 };
  world.stub.misbehave.set('jwks', (_request, response) => send(response, 503, {}));
  expect(await refreshAnew(tsid)).toMatchObject({ code: 'provider_unavailable' });
  world.stub.misbehave.clear();
  await age(accountId, HOUR_MS);
  const refreshes = world.stub.counts.refresh;
  expect(await refreshAnew(tsid)).toMatchObject({ connection: { row: { version: 2, state: 'live' } } });
  expect(world.stub.counts.refresh).toBe(refreshes);
  expect(await revoked()).toEqual([]);
});

test('an id_token that had ended before it came stays unjudged, however long it waits', async () => {
  const { tsid, accountId } = await world.expired();
  world.stub.claims = { exp: Math.floor(Date.now() / SECOND_MS) - (2 * HOUR_MS) / SECOND_MS };
  expect(await refreshAnew(tsid)).toMatchObject({ code: 'provider_unavailable' });
  await age(accountId, HOUR_MS);
  expect(await refreshAnew(tsid)).toMatchObject({ code: 'provider_unavailable' });
  expect(await world.rowOf(accountId)).toMatchObject({ state: 'live', answered: true });
});

test('an answer whose signing key is gone for good asks the person after a day, at the second look, and revokes nothing', async () => {
  const { tsid, accountId } = await world.expired();
  world.stub.misbehave.set('jwks', (_request, response) => send(response, 503, {}));
  expect(await refreshAnew(tsid)).toMatchObject({ code: 'provider_unavailable' });
  world.stub.misbehave.clear();
  await world.stub.changeKey();
  for (const passedMs of [HOUR_MS, HOUR_MS, 23 * HOUR_MS]) {
    await age(accountId, passedMs);
    expect(await refreshAnew(tsid)).toMatchObject({ code: 'provider_unavailable' });
    expect(await world.rowOf(accountId)).toMatchObject({ state: 'live', answered: true });
  }
  await world.wakeUp(accountId);
  expect(await refreshAnew(tsid)).toMatchObject({ code: 'reauth_required' });
  expect(await world.rowOf(accountId)).toMatchObject({ state: 'reauth_required', answered: false });
  expect(await revoked()).toEqual([]);
});

test('a signature that none of the provider’s keys made is final, after a fresh look', async () => {
  const { tsid, accountId } = await world.expired();
  world.stub.signsWithUnpublishedKey = true;
  expect(await refreshAnew(tsid)).toMatchObject({ code: 'reauth_required' });
  expect(await world.rowOf(accountId)).toMatchObject({ state: 'reauth_required', answered: false });
});
