import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { newAttemptId } from '@gatehouse/kernel/ids';
import { Database } from '@gatehouse/persistence/database';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { send, StubProvider } from '../testing/stub-provider.js';
import { startTestVault, type TestVault } from '../testing/test-vault.js';
import type { VaultClient } from '../testing/vault-client.js';
import { oauth2Provider, oidcProvider } from '../testing/vault-config.js';
import { RevocationOutbox } from './revocation-outbox.js';

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
    providers: [oidcProvider('acme', stub.issuer), oauth2Provider('octo', stub.issuer)],
    backends: {},
  });
  ({ client } = vault);
  rows = vault.app.get(Database);
});

beforeEach(async () => {
  stub.reset();
  for (const table of ['pending_legs', 'staged_connections', 'revocation_outbox'])
    await rows.query({ name: `clear-${table}`, text: `delete from ${table}` });
});

afterAll(async () => {
  await vault.close();
  await Promise.all([stub.stop(), nats.close(), database.close()]);
});

const as = (login: string) => (url: string) => stub.callbackQuery(url, login);

async function stagedCount(): Promise<number> {
  const { rows: found } = await rows.query<{ n: number }>({
    name: 'count-staged',
    text: 'select count(*)::int as n from staged_connections',
  });
  return found[0]?.n ?? -1;
}

async function revoked(): Promise<readonly string[]> {
  const outbox = vault.app.get(RevocationOutbox);
  outbox.wake();
  await outbox.settled();
  return stub.revoked;
}

describe('an id_token is refused, its tokens are never adopted and are given back', () => {
  const refused = async () => {
    await expect(client.leg(newAttemptId(), 'acme', as('alice'))).resolves.toMatchObject({
      outcome: 'refused',
      reason: 'invalid_response',
    });
    expect(await stagedCount()).toBe(0);
    expect(await revoked()).toHaveLength(1);
  };

  test('with the nonce of another leg', async () => {
    stub.claims = { nonce: 'another' };
    await refused();
  });

  test('for another client', async () => {
    stub.claims = { aud: 'somebody-else' };
    await refused();
  });

  test('of another issuer', async () => {
    stub.claims = { iss: 'https://evil.example' };
    await refused();
  });

  test('that has expired', async () => {
    stub.claims = { exp: 1_000 };
    await refused();
  });

  test('without a subject', async () => {
    stub.claims = { sub: '' };
    await refused();
  });

  test('signed with a key that the provider does not publish', async () => {
    stub.signsWithUnpublishedKey = true;
    await refused();
  });
});

describe('a token endpoint that', () => {
  test.each([
    ['answers an OAuth error', 400, { error: 'invalid_client' }, 'provider_error'],
    ['answers 200 with an OAuth error', 200, { error: 'bad_verification_code' }, 'provider_error'],
    ['answers 500', 500, {}, 'provider_unavailable'],
    ['answers something else', 200, { hello: 'world' }, 'invalid_response'],
    ['leaves out the id_token', 200, { access_token: 'a', token_type: 'Bearer' }, 'invalid_response'],
    [
      'issues something that is not a bearer token',
      200,
      { access_token: 'a', token_type: 'mac', id_token: 'x' },
      'invalid_response',
    ],
  ])('%s is told apart', async (_name, status, body, reason) => {
    stub.misbehave.set('token', (_request, response) => send(response, status, body));
    await expect(client.leg(newAttemptId(), 'acme', as('alice'))).resolves.toMatchObject({
      outcome: 'refused',
      reason,
    });
    expect(await stagedCount()).toBe(0);
  });

  test('hangs or drops the connection is unavailable', async () => {
    for (const bend of [
      () => undefined,
      (request: { socket: { destroy(): unknown } }) => request.socket.destroy(),
    ]) {
      stub.misbehave.set('token', bend);
      await expect(client.leg(newAttemptId(), 'acme', as('alice'))).resolves.toMatchObject({
        outcome: 'refused',
        reason: 'provider_unavailable',
      });
    }
  });
});

describe('a plain OAuth 2 provider', () => {
  test('that names no subject is refused: nobody is made up', async () => {
    stub.misbehave.set('userinfo', (_request, response) => send(response, 200, { name: 'alice' }));
    await expect(client.leg(newAttemptId(), 'octo', as('alice'))).resolves.toMatchObject({
      outcome: 'refused',
      reason: 'invalid_response',
    });
    expect(await stagedCount()).toBe(0);
    expect(await revoked()).toHaveLength(1);
  });

  test('whose user information is away is unavailable', async () => {
    stub.misbehave.set('userinfo', (_request, response) => send(response, 503, {}));
    await expect(client.leg(newAttemptId(), 'octo', as('alice'))).resolves.toMatchObject({
      outcome: 'refused',
      reason: 'provider_unavailable',
    });
  });

  test('with numeric ids beyond 2^53 keeps two users apart', async () => {
    const subjects: unknown[] = [];
    for (const id of ['9007199254740993', '9007199254740992']) {
      stub.misbehave.set('userinfo', (_request, response) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(`{"id":${id}}`),
      );
      const reply = await client.leg(newAttemptId(), 'octo', as('alice'));
      subjects.push(reply.outcome === 'completed' ? reply.identity.subject : reply);
    }
    expect(subjects).toEqual(['9007199254740993', '9007199254740992']);
  });
});
