import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectionChanged } from '@gatehouse/contracts/events/connection-changed';
import { connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import { newAccountId, newConnectionId } from '@gatehouse/kernel/ids';
import { fullSubject } from '@gatehouse/messaging/subjects';
import { EventOutboxStore } from './connections/event-outbox.store.js';
import { Sweeper } from './sweeper.js';
import { ACME_AND_OCTO, startVaultWorld, type VaultWorld } from './testing/vault-world.js';

let world: VaultWorld;

beforeAll(async () => {
  world = await startVaultWorld({ backends: ACME_AND_OCTO });
});

afterAll(() => world.close());

describe('over the bus', () => {
  test('two legs, one session, and each backend gets its own provider’s token', async () => {
    const { client } = world;
    const as = (url: string) => world.stub.callbackQuery(url, 'alice');
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
    const observer = await connect({ servers: world.nats.url, ...world.nats.observer });
    const heard: string[] = [];
    observer.subscribe('>', { callback: (_error, message) => void heard.push(message.string()) });
    await observer.flush();
    const { tsid } = await world.client.signIn({
      acme: (url) => world.stub.callbackQuery(url, 'alice'),
    });
    const { accessToken } = await world.client.inject(tsid, 'directory');
    await observer.drain();
    expect(heard.length).toBeGreaterThan(4);
    expect(heard.join('\n')).toContain('connected');
    expect(heard.join('\n')).not.toContain(accessToken);
    expect(heard.join('\n')).not.toContain('code=');
  });

  test('an event tells that an account was connected, and that its user is needed', async () => {
    const heard: string[] = [];
    const { connect } = await import('@nats-io/transport-node');
    const observer = await connect({ servers: world.nats.url, ...world.nats.observer });
    observer.subscribe(fullSubject('test', connectionChanged.subject), {
      callback: (_error, message) => void heard.push(message.json<{ change: string }>().change),
    });
    await observer.flush();
    world.stub.accessTokenSeconds = 1;
    const { tsid } = await world.client.signIn({
      acme: (url) => world.stub.callbackQuery(url, 'alice'),
    });
    world.stub.endAllGrants();
    await new Promise((done) => setTimeout(done, 1_000));
    await expect(world.client.inject(tsid, 'directory')).rejects.toMatchObject({
      code: 'reauth_required',
    });
    await observer.drain();
    world.stub.reset();
    expect(heard).toEqual(['connected', 'reauth_required']);
  });
});

test('an event that could not be published with its change is published later', async () => {
  const heard: string[] = [];
  const { connect } = await import('@nats-io/transport-node');
  const observer = await connect({ servers: world.nats.url, ...world.nats.observer });
  observer.subscribe(fullSubject('test', connectionChanged.subject), {
    callback: (_error, message) => void heard.push(message.json<{ provider: string }>().provider),
  });
  await observer.flush();
  const [connectionId, accountId] = [newConnectionId(), newAccountId()];
  await world.rows.transaction((tx) =>
    world.vault.app
      .get(EventOutboxStore)
      .add(tx, { connectionId, accountId, provider: 'left-over', change: 'revoked', atMs: 1 }),
  );
  await world.rows.query({ name: 'due', text: 'update event_outbox set next_attempt_at = now()' });
  await world.vault.app.get(Sweeper).finishLeftOver();
  await world.vault.app.get(Sweeper).finishLeftOver();
  await observer.drain();
  expect(heard).toEqual(['left-over']);
});

describe('over HTTP', () => {
  test('there is health and there are metrics, and nothing else', async () => {
    const url = await world.vault.app.getUrl();
    await expect(fetch(`${url}/healthz`)).resolves.toMatchObject({ status: 200 });
    await expect(fetch(`${url}/readyz`)).resolves.toMatchObject({ status: 200 });
    await expect(fetch(`${url}/credential`, { method: 'POST' })).resolves.toMatchObject({ status: 404 });
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('gatehouse_vault_releases_total{backend="directory",kind="inject"}');
  });
});
