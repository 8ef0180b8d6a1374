import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectionChanged } from '@gatehouse/contracts/events/connection-changed';
import { connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import { newAccountId, newConnectionId } from '@gatehouse/kernel/ids';
import { Database } from '@gatehouse/persistence/database';
import { fullSubject } from '@gatehouse/messaging/subjects';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { EventOutboxStore } from './connections/event-outbox.store.js';
import { Sweeper } from './sweeper.js';
import { StubProvider } from './testing/stub-provider.js';
import { startTestVault, type TestVault } from './testing/test-vault.js';
import { oauth2Provider, oidcProvider } from './testing/vault-config.js';

let database: TestDatabase;
let nats: TestNats;
let acme: StubProvider;
let vault: TestVault;

beforeAll(async () => {
  [database, nats, acme] = await Promise.all([
    startTestDatabase('token-vault'),
    startTestNats(),
    new StubProvider().start(),
  ]);
  vault = await startTestVault({
    databaseUrl: database.url,
    nats,
    log: new SilentLog(),
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

  test('no token is readable on the bus, whoever may listen to all of it', async () => {
    const { connect } = await import('@nats-io/transport-node');
    const observer = await connect({ servers: nats.url, ...nats.observer });
    const heard: string[] = [];
    observer.subscribe('>', { callback: (_error, message) => void heard.push(message.string()) });
    await observer.flush();
    const { tsid } = await vault.client.signIn({ acme: (url) => acme.callbackQuery(url, 'alice') });
    const { accessToken } = await vault.client.inject(tsid, 'directory');
    await observer.drain();
    expect(heard.length).toBeGreaterThan(4);
    expect(heard.join('\n')).toContain('connected');
    expect(heard.join('\n')).not.toContain(accessToken);
    expect(heard.join('\n')).not.toContain('code=');
  });

  test('an event tells that an account was connected, and that its user is needed', async () => {
    const heard: string[] = [];
    const { connect } = await import('@nats-io/transport-node');
    const observer = await connect({ servers: nats.url, ...nats.observer });
    observer.subscribe(fullSubject('test', connectionChanged.subject), {
      callback: (_error, message) => void heard.push(message.json<{ change: string }>().change),
    });
    await observer.flush();
    acme.accessTokenSeconds = 1;
    const { tsid } = await vault.client.signIn({ acme: (url) => acme.callbackQuery(url, 'alice') });
    acme.endAllGrants();
    await new Promise((done) => setTimeout(done, 1_000));
    await expect(vault.client.inject(tsid, 'directory')).rejects.toMatchObject({ code: 'reauth_required' });
    await observer.drain();
    acme.reset();
    expect(heard).toEqual(['connected', 'reauth_required']);
  });
});

test('an event that could not be published with its change is published later', async () => {
  const heard: string[] = [];
  const { connect } = await import('@nats-io/transport-node');
  const observer = await connect({ servers: nats.url, ...nats.observer });
  observer.subscribe(fullSubject('test', connectionChanged.subject), {
    callback: (_error, message) => void heard.push(message.json<{ provider: string }>().provider),
  });
  await observer.flush();
  const rows = vault.app.get(Database);
  const [connectionId, accountId] = [newConnectionId(), newAccountId()];
  await rows.transaction((tx) =>
    vault.app
      .get(EventOutboxStore)
      .add(tx, { connectionId, accountId, provider: 'left-over', change: 'revoked', atMs: 1 }),
  );
  await rows.query({ name: 'due', text: 'update event_outbox set next_attempt_at = now()' });
  await vault.app.get(Sweeper).finishLeftOver();
  await vault.app.get(Sweeper).finishLeftOver();
  await observer.drain();
  expect(heard).toEqual(['left-over']);
});

describe('over HTTP', () => {
  test('there is health and there are metrics, and nothing else', async () => {
    const url = await vault.app.getUrl();
    await expect(fetch(`${url}/healthz`)).resolves.toMatchObject({ status: 200 });
    await expect(fetch(`${url}/readyz`)).resolves.toMatchObject({ status: 200 });
    await expect(fetch(`${url}/credential`, { method: 'POST' })).resolves.toMatchObject({ status: 404 });
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('gatehouse_vault_releases_total{backend="directory",kind="inject"}');
  });
});
