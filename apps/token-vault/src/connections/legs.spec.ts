import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { STANDARD_DIALECT } from '@gatehouse/config/model/provider-dialect';
import { attemptDiscard } from '@gatehouse/contracts/token-vault/attempt-discard';
import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import { sha256 } from '@gatehouse/kernel/digest';
import { newAttemptId } from '@gatehouse/kernel/ids';
import { until } from '@gatehouse/testing/until';
import { Housekeeping } from '../housekeeping/housekeeping.job.js';
import { send, StubProvider } from '../testing/stub-provider.js';
import { BROWSER } from '../testing/vault-client.js';
import { oauth2Provider, oidcProvider } from '../testing/vault-config.js';
import { startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

const MAPPED = { ...STANDARD_DIALECT, tokenResponseMapping: { accessToken: 'access_token' } };

let world: VaultWorld;
let late: StubProvider;
let liar: StubProvider;

beforeAll(async () => {
  [late, liar] = await Promise.all([new StubProvider().start(), new StubProvider().start()]);
  await late.stop();
  world = await startVaultWorld({
    providers: (stub) => [
      oidcProvider('acme', stub.issuer),
      oauth2Provider('octo', stub.issuer),
      { ...oauth2Provider('mapped', stub.issuer), dialect: MAPPED },
      oidcProvider('late', late.issuer),
      oidcProvider('liar', liar.issuer),
    ],
  });
});

beforeEach(async () => {
  world.stub.reset();
  await world.clearLegs();
});

afterAll(async () => {
  await world.close();
  await Promise.all([late.stop(), liar.stop()]);
});

const begin = async (provider = 'acme', attemptId = newAttemptId()) =>
  (await world.client.ask(connectionBegin, { attemptId, provider, browserBinding: BROWSER }))
    .authorizationUrl;

const as =
  (login: string, bend: (query: URLSearchParams) => void = () => undefined) =>
  (url: string) => {
    const query = new URLSearchParams(world.stub.callbackQuery(url, login));
    bend(query);
    return query.toString();
  };

describe('the redirect to the provider', () => {
  // RFC 6749, section 4.1.1; RFC 7636, section 4.3; OpenID Connect Core, section 3.1.2.1.
  test('carries a fresh state that names its attempt, a nonce and an S256 challenge', async () => {
    const attemptId = newAttemptId();
    const [first, second] = [
      new URL(await begin('acme', attemptId)),
      new URL(await begin('acme', attemptId)),
    ];
    const parameters = (url: URL) =>
      ['state', 'nonce', 'code_challenge'].map((name) => url.searchParams.get(name));
    expect(first.searchParams.get('state')).toMatch(new RegExp(`^${attemptId}\\.[A-Za-z0-9_-]{43}$`));
    expect(first.searchParams.get('code_challenge_method')).toBe('S256');
    for (const [index, value] of parameters(first).entries()) {
      expect(value).toBeTruthy();
      expect(value).not.toBe(parameters(second)[index]);
    }
    expect(first.searchParams.has('prompt')).toBe(false);
  });

  test('asks the provider for a new login when the leg is to be fresh', async () => {
    const { authorizationUrl } = await world.client.ask(connectionBegin, {
      attemptId: newAttemptId(),
      provider: 'acme',
      browserBinding: BROWSER,
      fresh: true,
    });
    expect(new URL(authorizationUrl).searchParams.get('prompt')).toBe('login consent');
  });

  test('a provider that is down when the vault starts is found later, without a restart', async () => {
    await expect(begin('late')).rejects.toMatchObject({ code: 'provider_unavailable' });
    await late.start();
    // For a moment after a failure nobody is asked.
    await until(() =>
      begin('late').then(
        (url) => url.includes('/authorize?'),
        () => false,
      ),
    );
  });

  // OpenID Connect Discovery, section 4.3.
  test('a discovery document of another issuer is not believed', async () => {
    liar.misbehave.set('discovery', (_request, response) => {
      send(response, 200, {
        issuer: `${liar.issuer}/`,
        authorization_endpoint: 'https://evil.example/',
        token_endpoint: 'https://evil.example/',
        jwks_uri: 'https://evil.example/',
      });
    });
    await expect(begin('liar')).rejects.toMatchObject({ code: 'provider_misconfigured' });
    await expect(begin('nobody')).rejects.toMatchObject({ code: 'unknown_provider' });
  });
});

describe('a callback', () => {
  test('that is replayed is unknown, and the code is redeemed once', async () => {
    const query = as('alice')(await begin());
    await expect(world.client.complete(query, { callback: 'acme' })).resolves.toMatchObject({
      outcome: 'completed',
      identity: { subject: 'stub-alice', name: 'alice', email: 'alice@stub.example' },
    });
    await expect(world.client.complete(query, { callback: 'acme' })).rejects.toMatchObject({
      code: 'callback_unknown',
    });
    expect(world.stub.counts.code).toBe(1);
  });

  test('says when the person authenticated, where the id_token does and it is asked', async () => {
    const complete = async (more: { asksWhen?: true }) =>
      await world.client.complete(as('alice')(await begin()), { callback: 'acme', ...more });
    world.stub.claims = { auth_time: 1_700_000_000 };
    const [told, unasked] = [await complete({ asksWhen: true }), await complete({})];
    world.stub.claims = {};
    expect(told).toMatchObject({ outcome: 'completed', authenticatedAtMs: 1_700_000_000_000 });
    for (const answer of [unasked, await complete({ asksWhen: true })])
      expect(answer).not.toHaveProperty('authenticatedAtMs');
  });

  test('says how the person authenticated, where the id_token does and it is asked', async () => {
    const complete = async (more: { asksHow?: true }) =>
      await world.client.complete(as('alice')(await begin()), { callback: 'acme', ...more });
    world.stub.claims = { acr: 'urn:acme:gold', amr: ['pwd', 'otp'] };
    const [told, unasked] = [await complete({ asksHow: true }), await complete({})];
    world.stub.claims = {};
    expect(told).toMatchObject({ outcome: 'completed', acr: 'urn:acme:gold', amr: ['pwd', 'otp'] });
    for (const answer of [unasked, await complete({ asksHow: true })])
      for (const member of ['acr', 'amr']) expect(answer).not.toHaveProperty(member);
  });

  test('that arrives ten times at once is redeemed once', async () => {
    const query = as('alice')(await begin());
    const answers = await Promise.allSettled(
      Array.from({ length: 10 }, () => world.client.complete(query, { callback: 'acme' })),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(world.stub.counts.code).toBe(1);
  });

  test('from another browser is refused and leaves the leg to the one that began it', async () => {
    const query = as('alice')(await begin());
    await expect(
      world.client.complete(query, { callback: 'acme', browserBinding: sha256('another browser') }),
    ).rejects.toMatchObject({
      code: 'callback_wrong_browser',
    });
    await expect(world.client.complete(query, { callback: 'acme' })).resolves.toMatchObject({
      outcome: 'completed',
    });
  });

  test('that comes too late is told so, once', async () => {
    const query = as('alice')(await begin());
    await world.rows.query({
      name: 'age',
      text: `update pending_legs set expires_at = now() - interval '1 second'`,
    });
    await expect(world.client.complete(query, { callback: 'acme' })).rejects.toMatchObject({
      code: 'callback_expired',
    });
    await expect(world.client.complete(query, { callback: 'acme' })).rejects.toMatchObject({
      code: 'callback_unknown',
    });
    expect(world.stub.counts.code).toBe(0);
  });

  test('with a state of its own making, two states or none is unknown', async () => {
    for (const query of ['code=x&state=made-up', 'code=x', 'state=a&state=b&code=x'])
      await expect(world.client.complete(query, { callback: 'acme' })).rejects.toMatchObject({
        code: 'callback_unknown',
      });
  });

  test('in a sealed part that is not for this vault is invalid', async () => {
    const { connectionComplete } = await import('@gatehouse/contracts/token-vault/connection-complete');
    const { newMessageKeyPair, sealMessage } = await import('@gatehouse/sealing/message-sealing');
    const sealedQuery = await sealMessage({ query: 'x' }, (await newMessageKeyPair()).publicKey);
    await expect(
      world.client.ask(connectionComplete, { sealedQuery, browserBinding: BROWSER }),
    ).rejects.toMatchObject({
      code: 'request_invalid',
    });
  });

  test.each([
    ['access_denied', 'denied'],
    ['server_error', 'provider_unavailable'],
    ['invalid_scope', 'provider_error'],
  ])('with error=%s is refused as %s', async (error, reason) => {
    const query = (url: string) =>
      as('alice', (it) => {
        it.delete('code');
        it.set('error', error);
      })(url);
    await expect(world.client.leg(newAttemptId(), 'acme', query)).resolves.toMatchObject({
      outcome: 'refused',
      reason,
    });
  });

  // RFC 9207, section 2.4.
  test('without the iss that the provider promised is refused before the code is sent anywhere (RFC 9207)', async () => {
    const silent = as('alice', (it) => it.delete('iss'));
    await expect(world.client.leg(newAttemptId(), 'acme', silent)).resolves.toMatchObject({
      outcome: 'refused',
      reason: 'invalid_response',
    });
    expect(world.stub.counts.code).toBe(0);
  });
});

test('an abandoned attempt leaves nothing behind: legs and staged tokens go, and the grant is given back', async () => {
  const attemptId = newAttemptId();
  await world.client.leg(attemptId, 'acme', as('alice'));
  await begin('octo', attemptId);
  await expect(world.client.ask(attemptDiscard, { attemptId })).resolves.toEqual({ discarded: 2 });
  await expect(world.client.ask(attemptDiscard, { attemptId })).resolves.toEqual({ discarded: 0 });
  expect(await world.stagedCount()).toBe(0);
  expect(await world.revoked()).toHaveLength(1);
});

test('what is stored of a leg and of its answer holds no state, verifier, nonce or token in clear', async () => {
  const attemptId = newAttemptId();
  const url = await begin('acme', attemptId);
  await world.client.leg(attemptId, 'octo', as('alice'));
  const { rows: dump } = await world.rows.query<{ row: string }>({
    name: 'dump',
    text: `select l::text || s::text as row from pending_legs l, staged_connections s`,
  });
  const text = JSON.stringify(dump);
  expect(text).toContain(attemptId);
  expect(text).not.toContain(new URL(url).searchParams.get('state'));
  expect(text).not.toContain(new URL(url).searchParams.get('nonce'));
  expect(text).not.toContain(Buffer.from('access-alice').toString('hex'));
});

test('what an attempt staged and nobody adopted is swept, and its grant is given back', async () => {
  await world.client.leg(newAttemptId(), 'acme', as('alice'));
  await begin();
  await world.rows.query({
    name: 'age-staged',
    text: `update staged_connections set expires_at = now() - interval '1 second'`,
  });
  await world.rows.query({
    name: 'age-legs',
    text: `update pending_legs set expires_at = now() - interval '2 hours'`,
  });
  await world.vault.app.get(Housekeeping).sweep();
  expect(await world.stagedCount()).toBe(0);
  const { rows: legs } = await world.rows.query({ name: 'legs-left', text: 'select 1 from pending_legs' });
  expect(legs).toEqual([]);
  expect(await world.revoked()).toHaveLength(1);
});

test.each([
  ['202', (response: ServerResponse) => response.writeHead(202).end()],
  ['204', (response: ServerResponse) => response.writeHead(204).end()],
  ['400 invalid_token', (response: ServerResponse) => send(response, 400, { error: 'invalid_token' })],
])('a revocation that is answered with %s is done, and is not tried for a month', async (_what, answer) => {
  const attemptId = newAttemptId();
  for (const provider of ['acme', 'mapped']) await world.client.leg(attemptId, provider, as('alice'));
  world.stub.misbehave.set('revoke', (_request, response) => answer(response));
  await world.client.ask(attemptDiscard, { attemptId });
  await until(async () => {
    await world.settled();
    const { rows } = await world.rows.query({
      name: 'revocations-done',
      text: 'select 1 from revocation_outbox where done_at is not null and token is null',
    });
    return rows.length === 2;
  });
});

test('what could not be told for a week, or taken back for a month, is given up; what is younger is kept', async () => {
  for (const [age, id] of [
    ['31 days', randomUUID()],
    ['6 days', randomUUID()],
  ]) {
    const later = `now() - interval '${age ?? ''}', now() + interval '1 day'`;
    await world.rows.query({
      name: `old-revocation ${age ?? ''}`,
      text: `insert into revocation_outbox (id, provider, token, created_at, next_attempt_at) values ($1, 'acme', 'sealed', ${later})`,
      values: [id],
    });
    await world.rows.query({
      name: `old-event ${age ?? ''}`,
      text: `insert into event_outbox (id, payload, created_at, next_attempt_at) values ($1, '{}', ${later})`,
      values: [id],
    });
  }
  await world.vault.app.get(Housekeeping).sweep();
  const { rows: revocations } = await world.rows.query({
    name: 'revocations-left',
    text: `select token is not null as kept, done_at is not null as done from revocation_outbox
      where created_at < now() - interval '5 days' order by created_at`,
  });
  expect(revocations).toEqual([
    { kept: false, done: true },
    { kept: true, done: false },
  ]);
  const { rows: events } = await world.rows.query({
    name: 'events-left',
    text: `select 1 from event_outbox where created_at < now() - interval '5 days'`,
  });
  expect(events).toHaveLength(1);
  await world.rows.query({ name: 'events-away', text: 'delete from event_outbox' });
  await world.rows.query({
    name: 'revocations-away',
    text: `delete from revocation_outbox where token = 'sealed'`,
  });
});
