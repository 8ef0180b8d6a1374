import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import { connectionRevoke } from '@gatehouse/contracts/token-vault/connection-revoke';
import { sha256 } from '@gatehouse/kernel/digest';
import type { ConnectionId, SessionId } from '@gatehouse/kernel/ids';
import { Database } from '@gatehouse/persistence/database';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { RevocationOutbox } from '../connections/revocation-outbox.js';
import { SubjectTokens } from '../credentials/subject-tokens.js';
import { StubProvider } from '../testing/stub-provider.js';
import { startTestVault, type TestVault } from '../testing/test-vault.js';
import { someUuid, type VaultClient } from '../testing/vault-client.js';
import { oidcProvider } from '../testing/vault-config.js';
import { RefreshEndings } from './refresh-endings.js';
import { RefreshStore } from './refresh.store.js';

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

beforeEach(async () => {
  await rows.query({ name: 'clear-outbox', text: 'delete from revocation_outbox' });
  stub.reset();
});

afterAll(async () => {
  await vault.close();
  await Promise.all([stub.stop(), nats.close(), database.close()]);
});

const startAnother = () =>
  startTestVault({
    databaseUrl: database.url,
    nats,
    log: new SilentLog(),
    providers: [oidcProvider('acme', stub.issuer)],
    backends: {},
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

describe('a replica that died', () => {
  test('after the provider had answered: the kept answer is used, and nothing is redeemed again', async () => {
    const { tsid, accountId } = await expired();
    // A fresh process that cannot have the provider's keys keeps the answer and cannot publish it: that is how far a
    // process that dies there comes.
    const another = await startAnother();
    stub.misbehave.set('jwks', (request) => request.socket.destroy());
    const subjects = another.app.get(SubjectTokens);
    const { row } = await subjects.bound(tsid as SessionId, 'acme');
    await expect(subjects.tokens(row)).rejects.toMatchObject({ code: 'provider_unavailable' });
    await another.close();
    expect(await rowOf(accountId)).toMatchObject({ state: 'live', version: 1, answered: true });
    stub.misbehave.clear();
    await wakeUp(accountId);
    await expect(client.inject(tsid, 'directory')).resolves.toBeDefined();
    expect(stub.counts.refresh).toBe(1);
    expect(await rowOf(accountId)).toMatchObject({ version: 2, answered: false });
  });

  test('while it held the lease: the others wait for its end, then one of them redeems', async () => {
    const { tsid, accountId } = await expired();
    await change(
      accountId,
      `lease_owner = gen_random_uuid(), lease_until = now() + interval '700 milliseconds', refresh_started_at = now()`,
    );
    const startedMs = performance.now();
    await Promise.all(Array.from({ length: 10 }, () => client.inject(tsid, 'directory')));
    expect(performance.now() - startedMs).toBeGreaterThan(500);
    expect(stub.counts.refresh).toBe(1);
  });
});

describe('while a refresh is on its way', () => {
  const slowly = (entered: () => void) => {
    stub.misbehave.set('token', async (_request, _response, form) => {
      if (form.get('grant_type') === 'refresh_token') {
        entered();
        await sleep(500);
      }
      return 'as-usual';
    });
  };

  test('a new sign-in wins: the late answer does not write over its tokens', async () => {
    const { tsid, accountId } = await expired();
    const entered = new Promise<void>((resolve) => slowly(resolve));
    const late = client.inject(tsid, 'directory');
    await entered;
    await client.signIn({ acme: as('bob') }, accountId);
    await expect(late).resolves.toMatchObject({
      accessToken: expect.stringMatching(/^access-bob/) as unknown as string,
    });
    await expect(client.inject(tsid, 'directory')).resolves.toMatchObject({
      accessToken: expect.stringMatching(/^access-bob/) as unknown as string,
    });
  });

  test('a sign-in that carries the old refresh token over does not lose the one that replaces it', async () => {
    const { tsid, accountId } = await expired();
    const entered = new Promise<void>((resolve) => slowly(resolve));
    const late = client.inject(tsid, 'directory');
    await entered;
    stub.givesRefreshToken = false;
    await client.signIn({ acme: as('alice') }, accountId);
    stub.givesRefreshToken = true;
    await late;
    stub.misbehave.clear();
    await expire(accountId);
    await expect(client.inject(tsid, 'directory')).resolves.toBeDefined();
    expect(await rowOf(accountId)).toMatchObject({ state: 'live' });
  });

  test('a revocation wins: the connection stays gone, and the tokens that arrive late are given back', async () => {
    const { tsid, accountId } = await expired();
    const entered = new Promise<void>((resolve) => slowly(resolve));
    const late = client.inject(tsid, 'directory');
    await entered;
    await client.ask(connectionRevoke, { accountId, provider: 'acme' });
    await expect(late).rejects.toMatchObject({ code: 'connection_missing' });
    await expect(client.ask(connectionList, { accountId })).resolves.toEqual({ connections: [] });
    const outbox = vault.app.get(RevocationOutbox);
    outbox.wake();
    await outbox.settled();
    expect(stub.revoked).toHaveLength(2);
  });
});

test('a loser whose token was refused does not throw away the answer that the winner has just kept', async () => {
  const { accountId } = await expired();
  const { id } = await rowOf(accountId);
  const store = vault.app.get(RefreshStore);
  const loser = await store.acquire(id, 1, 60_000);
  if (loser === undefined) throw new Error('no lease');
  const winner = { ...loser.lease, owner: someUuid() };
  expect(await store.keepAnswer(winner, Buffer.from('the only answer'), 60_000)).toBe(true);
  await expect(
    vault.app.get(RefreshEndings).failed(loser.lease, loser.row, 'reauth_required', undefined),
  ).resolves.toEqual({ outcome: 'superseded' });
  expect(await rowOf(accountId)).toMatchObject({ state: 'live', answered: true, leased: false });
});
