import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectionChanged } from '@gatehouse/contracts/events/connection-changed';
import { connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import { REQUESTS } from '@gatehouse/contracts/table';
import { newAccountId, newConnectionId, newSessionId } from '@gatehouse/kernel/ids';
import { inboxPrefix } from '@gatehouse/messaging/bus-options';
import { fullSubject } from '@gatehouse/messaging/subjects';
import { until } from '@gatehouse/testing/until';
import { EventOutboxStore } from './outbox/event-outbox.store.js';
import { Housekeeping } from './housekeeping/housekeeping.job.js';
import { BROWSER } from './testing/vault-client.js';
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
    const observer = await connect({ servers: world.nats.url, ...world.nats.observerOf('token-vault') });
    const heard: string[] = [];
    observer.subscribe('>', { callback: (_error, message) => void heard.push(message.string()) });
    await observer.flush();
    const { tsid } = await world.client.signIn({
      acme: (url) => world.stub.callbackQuery(url, 'alice'),
    });
    const { accessToken } = await world.client.inject(tsid, 'directory');
    await until(() => heard.join('\n').includes('connected'));
    await observer.drain();
    expect(heard.length).toBeGreaterThan(4);
    expect(heard.join('\n')).not.toContain(accessToken);
    expect(heard.join('\n')).not.toContain('code=');
  });

  test('an event tells that an account was connected, and that its user is needed', async () => {
    const heard: string[] = [];
    const { connect } = await import('@nats-io/transport-node');
    const observer = await connect({ servers: world.nats.url, ...world.nats.observerOf('token-vault') });
    observer.subscribe(fullSubject('test', connectionChanged.subject), {
      callback: (_error, message) => void heard.push(message.json<{ change: string }>().change),
    });
    await observer.flush();
    const { tsid, accountId } = await world.client.signIn({
      acme: (url) => world.stub.callbackQuery(url, 'alice'),
    });
    world.stub.endAllGrants();
    await world.expire(accountId);
    await expect(world.client.inject(tsid, 'directory')).rejects.toMatchObject({
      code: 'reauth_required',
    });
    await until(() => heard.length >= 2);
    await observer.drain();
    world.stub.reset();
    expect(heard).toEqual(['connected', 'reauth_required']);
  });
});

describe('whoever can publish on the bus as the authorization server but has no key of it', () => {
  const proven = REQUESTS.filter((contract) => contract.proven);
  const rowsOf = async () => {
    const counts = await world.rows.query<{ sessions: number; legs: number; live: number }>({
      name: 'count-custody',
      text: `select (select count(*)::int from sessions) as sessions, (select count(*)::int from pending_legs) as legs,
        (select count(*)::int from connections where state = 'live') as live`,
    });
    return counts.rows[0];
  };

  test('opens no session, begins and completes no leg, hears no claim, enters no secret, and ends no connection, with a reply or without', async () => {
    const { accountId, attemptId, tsid } = await world.client.signIn({ octo: world.as('alice') });
    const { connect } = await import('@nats-io/transport-node');
    const { user, password } = world.nats.optionsOf('authorization-server');
    const intruder = await connect({
      servers: world.nats.url,
      user,
      pass: password.reveal(),
      inboxPrefix: inboxPrefix('authorization-server'),
    });
    const before = await rowsOf();
    const data = {
      accountId,
      attemptId,
      tsid: newSessionId(),
      provider: 'octo',
      providers: ['octo'],
      subjects: {},
      browserBinding: BROWSER,
      fresh: false,
    };
    const answers: unknown[] = [];
    for (const { subject } of proven) {
      const full = fullSubject('test', subject);
      for (const request of [
        data,
        { tsid },
        { accountId, provider: 'octo' },
        { attemptId },
        { accountId, name: 'octo', sealedSecret: 'a.b.c.d.e' },
        { of: 'session', tsid },
        { provider: 'octo', sealedToken: 'a.b.c.d.e' },
        {},
      ]) {
        // Without an id Nest takes the message for an event and hands it to the same method.
        intruder.publish(full, JSON.stringify({ data: request }));
        const reply = await intruder.request(full, JSON.stringify({ id: '1', data: request }), {
          timeout: 5_000,
        });
        answers.push(reply.json<{ err: { code: string } }>().err.code);
      }
    }
    await intruder.drain();
    expect(proven).toHaveLength(13);
    expect(new Set(answers)).toEqual(new Set(['not_allowed']));
    expect(await rowsOf()).toEqual(before);
  });
});

test('an event that could not be published with its change is published later', async () => {
  const heard: string[] = [];
  const { connect } = await import('@nats-io/transport-node');
  const observer = await connect({ servers: world.nats.url, ...world.nats.observerOf('token-vault') });
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
  await world.vault.app.get(Housekeeping).finishLeftOver();
  await world.vault.app.get(Housekeeping).finishLeftOver();
  await until(() => heard.length > 0);
  await observer.drain();
  expect(heard).toEqual(['left-over']);
});

describe('over HTTP', () => {
  test('there is health and there are metrics for those who run it, and nothing else for anybody', async () => {
    const url = world.vault.internalOrigin;
    expect(world.vault.app.getHttpServer().listening).toBe(false);
    await expect(fetch(`${url}/healthz`)).resolves.toMatchObject({ status: 200 });
    await expect(fetch(`${url}/readyz`)).resolves.toMatchObject({ status: 200 });
    await expect(fetch(`${url}/credential`, { method: 'POST' })).resolves.toMatchObject({ status: 404 });
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('gatehouse_vault_releases_total{backend="directory",kind="inject"}');
  });
});
