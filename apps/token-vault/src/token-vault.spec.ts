import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import { Log } from '@gatehouse/observability/log';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { StubProvider } from './testing/stub-provider.js';
import { startTestVault, type TestVault } from './testing/test-vault.js';
import { oauth2Provider, oidcProvider } from './testing/vault-config.js';

let database: TestDatabase;
let nats: TestNats;
let acme: StubProvider;
let vault: TestVault;

beforeAll(async () => {
  [database, nats, acme] = await Promise.all([startTestDatabase('token-vault'), startTestNats(), new StubProvider().start()]);
  vault = await startTestVault({
    databaseUrl: database.url,
    nats,
    log: new Log('token-vault'),
    providers: [oidcProvider('acme', acme.issuer), oauth2Provider('octo', acme.issuer)],
    backends: {
      directory: { type: 'upstreamInject', providerName: 'acme' },
      repos: { type: 'upstreamInject', providerName: 'octo' },
    },
  });
});

afterAll(async () => {
  await vault.close();
  await acme.stop();
  await Promise.all([nats.close(), database.close()]);
});

describe('over the bus', () => {
  test('two legs, one session, and each backend gets its own provider’s token', async () => {
    const { client } = vault;
    const as = (url: string) => acme.callbackQuery(url, 'alice');
    const { tsid, accountId } = await client.signIn({ acme: as, octo: as });
    const directory = await client.inject(tsid, 'directory');
    const repos = await client.inject(tsid, 'repos');
    expect(directory.accessToken).toMatch(/^access-alice-/);
    expect(repos.accessToken).toMatch(/^access-alice-/);
    expect(repos.accessToken).not.toBe(directory.accessToken);
    const { connections } = await client.ask(connectionList, { accountId });
    expect(connections).toMatchObject([
      { provider: 'acme', subject: 'stub-alice', name: 'alice', state: 'live' },
      { provider: 'octo', subject: 'stub-alice', email: 'alice@stub.example', scopes: ['repo'] },
    ]);
  });
});
