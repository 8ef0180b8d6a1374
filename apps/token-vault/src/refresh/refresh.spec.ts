import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import { sha256 } from '@gatehouse/kernel/digest';
import type { ConnectionId } from '@gatehouse/kernel/ids';
import { Database } from '@gatehouse/persistence/database';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { RevocationOutbox } from '../connections/revocation-outbox.js';
import { send, StubProvider } from '../testing/stub-provider.js';
import { startTestVault, type TestVault } from '../testing/test-vault.js';
import type { VaultClient } from '../testing/vault-client.js';
import { oidcProvider } from '../testing/vault-config.js';

const REPLICAS = 2;

let database: TestDatabase;
let nats: TestNats;
let stub: StubProvider;
let vault: TestVault;
let client: VaultClient;
let rows: Database;

beforeAll(async () => {
  [database, nats, stub] = await Promise.all([
    startTestDatabase('token-vault'),
    startTestNats(),
    new StubProvider().start(),
  ]);
  vault = await startTestVault({
    databaseUrl: database.url,
    nats,
    log: new SilentLog(),
    replicas: REPLICAS,
    providers: [oidcProvider('acme', stub.issuer)],
    backends: { directory: { type: 'upstreamInject', providerName: 'acme' } },
  });
  ({ client } = vault);
  rows = vault.app.get(Database);
});

beforeEach(() => stub.reset());

afterAll(async () => {
  await vault.close();
  await Promise.all([stub.stop(), nats.close(), database.close()]);
});

const as = (login: string) => (url: string) => stub.callbackQuery(url, login);

interface Row {
  readonly id: ConnectionId;
  readonly state: string;
  readonly version: number;
  readonly leased: boolean;
  readonly answered: boolean;
  readonly begun: boolean;
  readonly resting: boolean;
}

async function rowOf(accountId: string): Promise<Row> {
  const { rows: found } = await rows.query<Row>({
    name: 'row-of',
    text: `select id, state, version, lease_owner is not null as leased, answer is not null as answered,
             refresh_started_at is not null as begun, coalesce(next_attempt_at > now(), false) as resting
           from connections where account_id = $1`,
    values: [accountId],
  });
  const [row] = found;
  if (row === undefined) throw new Error('no connection');
  return row;
}

async function change(accountId: string, assignments: string): Promise<void> {
  await rows.query({
    name: `change-${sha256(assignments)}`,
    text: `update connections set ${assignments} where account_id = $1`,
    values: [accountId],
  });
}

const expire = (accountId: string) => change(accountId, `access_expires_at = now() - interval '1 second'`);
const wakeUp = (accountId: string) =>
  change(accountId, 'next_attempt_at = null, lease_until = null, lease_owner = null');

/** A signed-in user whose access token has just expired. */
async function expired(login = 'alice') {
  const session = await client.signIn({ acme: as(login) });
  await expire(session.accountId);
  return session;
}

test('forty callers with an expired token on two replicas make exactly one redemption, and all get the new token', async () => {
  const { tsid, accountId } = await expired();
  stub.misbehave.set('token', async () => {
    await sleep(200);
    return 'as-usual';
  });
  const answers = await Promise.all(Array.from({ length: 40 }, () => client.inject(tsid, 'directory')));
  expect(stub.counts.refresh).toBe(1);
  expect(new Set(answers.map(({ accessToken }) => accessToken)).size).toBe(1);
  expect(stub.liveGrants).toBeGreaterThan(0);
  expect(await rowOf(accountId)).toMatchObject({
    state: 'live',
    version: 2,
    leased: false,
    answered: false,
    begun: false,
  });
  await expire(accountId);
  await expect(client.inject(tsid, 'directory')).resolves.toBeDefined();
});

test('forty callers whose backend refused the same token make exactly one redemption', async () => {
  const { tsid } = await client.signIn({ acme: as('alice') });
  const { accessToken } = await client.inject(tsid, 'directory');
  const answers = await Promise.all(
    Array.from({ length: 40 }, () => client.inject(tsid, 'directory', accessToken)),
  );
  expect(stub.counts.refresh).toBe(1);
  for (const answer of answers) expect(answer.accessToken).not.toBe(accessToken);
});

test('a backend that refuses every token does not make the provider redeem at every call', async () => {
  const { tsid } = await client.signIn({ acme: as('alice') });
  let { accessToken } = await client.inject(tsid, 'directory');
  for (let call = 0; call < 5; call += 1)
    ({ accessToken } = await client.inject(tsid, 'directory', accessToken));
  expect(stub.counts.refresh).toBe(1);
});

test('shortly before its expiry a token is still handed out while it is refreshed behind', async () => {
  const { tsid, accountId } = await client.signIn({ acme: as('alice') });
  const { accessToken: before } = await client.inject(tsid, 'directory');
  await change(
    accountId,
    `access_obtained_at = now() - interval '5 minutes', access_expires_at = now() + interval '20 seconds'`,
  );
  const { accessToken: during } = await client.inject(tsid, 'directory');
  expect(during).toBe(before);
  await sleep(300);
  const { accessToken: after } = await client.inject(tsid, 'directory');
  expect(after).not.toBe(before);
  expect(stub.counts.refresh).toBe(1);
});

test('a token whose provider does not say when it expires is used until it is refused', async () => {
  stub.accessTokenSeconds = undefined;
  const { tsid } = await client.signIn({ acme: as('alice') });
  const { accessToken } = await client.inject(tsid, 'directory');
  await expect(client.inject(tsid, 'directory')).resolves.toMatchObject({ accessToken });
  expect(stub.counts.refresh).toBe(0);
  expect((await client.inject(tsid, 'directory', accessToken)).accessToken).not.toBe(accessToken);
  expect(stub.counts.refresh).toBe(1);
});

describe('a provider that is away', () => {
  test.each([
    ['answers 503', 503, {}],
    ['answers 500 with invalid_grant', 500, { error: 'invalid_grant' }],
    ['answers that the client is wrong', 401, { error: 'invalid_client' }],
    ['answers that it is busy', 429, { error: 'slow_down' }],
  ])('and %s costs nobody their connection', async (_name, status, body) => {
    const { tsid, accountId } = await expired();
    stub.misbehave.set('token', (_request, response) => send(response, status, body));
    await expect(client.inject(tsid, 'directory')).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(await rowOf(accountId)).toMatchObject({ state: 'live', version: 1, leased: false, resting: true });
    stub.misbehave.clear();
    await wakeUp(accountId);
    await expect(client.inject(tsid, 'directory')).resolves.toBeDefined();
  });

  test('is left alone for a while, whoever asks', async () => {
    const { tsid, accountId } = await expired();
    stub.misbehave.set('token', (_request, response) => send(response, 503, {}));
    for (let call = 0; call < 10; call += 1)
      await expect(client.inject(tsid, 'directory')).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(await rowOf(accountId)).toMatchObject({ resting: true });
    stub.reset();
    await client.inject(tsid, 'directory').catch(() => undefined);
    expect(stub.counts.refresh).toBe(0);
  });

  test('does not stop the old token from being used while it lives', async () => {
    const { tsid, accountId } = await client.signIn({ acme: as('alice') });
    await change(
      accountId,
      `access_obtained_at = now() - interval '5 minutes', access_expires_at = now() + interval '4 seconds'`,
    );
    stub.misbehave.set('token', (_request, response) => send(response, 503, {}));
    await expect(client.inject(tsid, 'directory')).resolves.toMatchObject({
      accessToken: expect.stringMatching(/^access-alice/) as unknown as string,
    });
  });
});

describe('a refresh that needs the user', () => {
  test('is told apart: invalid_grant, and the token is still the one that was sent', async () => {
    const { tsid, accountId } = await expired();
    stub.endAllGrants();
    await expect(client.inject(tsid, 'directory')).rejects.toMatchObject({
      code: 'reauth_required',
      details: { provider: 'acme' },
    });
    const { connections } = await client.ask(connectionList, { accountId });
    expect(connections).toMatchObject([{ state: 'reauth_required' }]);
    await expect(client.inject(tsid, 'directory')).rejects.toMatchObject({ code: 'reauth_required' });
    expect(stub.counts.refresh).toBe(1);
    await client.signIn({ acme: as('alice') }, accountId);
    await expect(client.inject(tsid, 'directory')).resolves.toBeDefined();
  });

  test('an expired token without a refresh token', async () => {
    stub.givesRefreshToken = false;
    const { tsid } = await expired();
    await expect(client.inject(tsid, 'directory')).rejects.toMatchObject({ code: 'reauth_required' });
    expect(stub.counts.refresh).toBe(0);
  });

  test('an answer with an id_token of somebody else is not published, and given back', async () => {
    const { tsid, accountId } = await expired();
    stub.claims = { sub: 'stub-mallory' };
    await expect(client.inject(tsid, 'directory')).rejects.toMatchObject({ code: 'reauth_required' });
    expect(await rowOf(accountId)).toMatchObject({ version: 1, answered: false });
    const outbox = vault.app.get(RevocationOutbox);
    outbox.wake();
    await outbox.settled();
    expect(stub.revoked).toHaveLength(1);
  });
});

describe('an answer that never came', () => {
  test('is ambiguous: nothing is thrown away, and a provider that did not rotate recovers at the next try', async () => {
    stub.rotates = false;
    const { tsid, accountId } = await expired();
    stub.misbehave.set('token', (request) => request.socket.destroy());
    await expect(client.inject(tsid, 'directory')).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(await rowOf(accountId)).toMatchObject({
      state: 'ambiguous',
      version: 1,
      begun: true,
      resting: true,
    });
    stub.misbehave.clear();
    await wakeUp(accountId);
    await expect(client.inject(tsid, 'directory')).resolves.toBeDefined();
    expect(await rowOf(accountId)).toMatchObject({ state: 'live', version: 2, begun: false });
  });

  test('of a provider that did rotate ends in asking the user, not in silence', async () => {
    const { tsid, accountId } = await expired();
    stub.misbehave.set('token', (_request, response) => send(response, 200, { nonsense: true }));
    await expect(client.inject(tsid, 'directory')).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(await rowOf(accountId)).toMatchObject({ state: 'ambiguous' });
    stub.misbehave.clear();
    stub.endAllGrants();
    await wakeUp(accountId);
    await expect(client.inject(tsid, 'directory')).rejects.toMatchObject({ code: 'reauth_required' });
  });

  test('a refused connection was not sent, so it is not ambiguous', async () => {
    const { tsid, accountId } = await expired();
    await stub.stop();
    await expect(client.inject(tsid, 'directory')).rejects.toMatchObject({ code: 'provider_unavailable' });
    await stub.start();
    expect(await rowOf(accountId)).toMatchObject({ state: 'live', begun: false });
  });
});
