import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectionAdopt } from '@gatehouse/contracts/token-vault/connection-adopt';
import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import { connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import { sessionOpen } from '@gatehouse/contracts/token-vault/session-open';
import { newAccountId, newAttemptId, newSessionId } from '@gatehouse/kernel/ids';
import { Database } from '@gatehouse/persistence/database';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { send, StubProvider } from '../testing/stub-provider.js';
import { startTestVault, type TestVault } from '../testing/test-vault.js';
import { BROWSER, type VaultClient } from '../testing/vault-client.js';
import { oauth2Provider, oidcProvider } from '../testing/vault-config.js';

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
    backends: { repos: { type: 'upstreamInject', providerName: 'octo' } },
  });
  ({ client } = vault);
  rows = vault.app.get(Database);
});

beforeEach(() => stub.reset());

afterAll(async () => {
  await vault.close();
  await Promise.all([stub.stop(), nats.close(), database.close()]);
});

const ALICE_AT_ACME = { acme: 'stub-alice' };

const as = (login: string) => (url: string) => stub.callbackQuery(url, login);

describe('a leg that was answered twice in one attempt (two tabs)', () => {
  test('is never adopted as another subject than the one that was recorded', async () => {
    const [attemptId, tsid, accountId] = [newAttemptId(), newSessionId(), newAccountId()];
    await client.leg(attemptId, 'acme', as('alice'));
    await client.leg(attemptId, 'acme', as('bob'));
    const request = { attemptId, accountId, providers: ['acme'] };
    await expect(
      client.ask(sessionOpen, { ...request, tsid, subjects: ALICE_AT_ACME }),
    ).rejects.toMatchObject({ code: 'connection_missing', details: { provider: 'acme' } });
    await expect(
      client.ask(connectionAdopt, { attemptId, accountId, provider: 'acme', subject: 'stub-alice' }),
    ).rejects.toMatchObject({ code: 'attempt_unknown' });
    await expect(client.ask(connectionList, { accountId })).resolves.toEqual({ connections: [] });
  });

  test('and never because it was left over from somebody who was in the attempt before', async () => {
    const bob = await client.signIn({ acme: as('bob'), octo: as('bob') });
    const [attemptId, tsid] = [newAttemptId(), newSessionId()];
    await client.leg(attemptId, 'octo', as('alice'));
    await client.leg(attemptId, 'acme', as('bob'));
    await client.ask(sessionOpen, {
      attemptId,
      tsid,
      accountId: bob.accountId,
      providers: ['acme', 'octo'],
      subjects: { acme: 'stub-bob' },
    });
    await expect(client.inject(tsid, 'repos')).resolves.toMatchObject({
      accessToken: expect.stringMatching(/^access-bob/) as unknown as string,
    });
  });

  test('the answer that fails validation takes away nothing that came after it', async () => {
    const [attemptId, tsid, accountId] = [newAttemptId(), newSessionId(), newAccountId()];
    let other = false;
    stub.misbehave.set('userinfo', async (_request, response) => {
      if (other) return 'as-usual';
      other = true;
      await client.leg(attemptId, 'octo', as('bob'));
      send(response, 200, { name: 'nobody' });
      return undefined;
    });
    await expect(client.leg(attemptId, 'octo', as('alice'))).resolves.toMatchObject({ outcome: 'refused' });
    await expect(
      client.ask(sessionOpen, {
        attemptId,
        tsid,
        accountId,
        providers: ['octo'],
        subjects: { octo: 'stub-bob' },
      }),
    ).resolves.toEqual({ bound: ['octo'] });
  });

  test('an attempt that begins legs without end keeps the newest few only', async () => {
    const attemptId = newAttemptId();
    for (let begun = 0; begun < 12; begun += 1)
      await client.ask(connectionBegin, { attemptId, provider: 'acme', browserBinding: BROWSER });
    const { rows: found } = await rows.query<{ n: number }>({
      name: 'count-legs-of',
      text: 'select count(*)::int as n from pending_legs where attempt_id = $1',
      values: [attemptId],
    });
    expect(found[0]?.n).toBe(8);
  });
});
