import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { busKeyCurrent } from '@gatehouse/contracts/token-vault/bus-key-current';
import { connectionRevoke } from '@gatehouse/contracts/token-vault/connection-revoke';
import { sessionClose } from '@gatehouse/contracts/token-vault/session-close';
import { until } from '@gatehouse/testing/until';
import { SignJWT } from 'jose';
import { send, StubProvider } from '../testing/stub-provider.js';
import { tokenExchange } from '../testing/vault-config.js';
import { ACME_AND_OCTO, startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

let world: VaultWorld;
let sts: StubProvider;

beforeAll(async () => {
  sts = await new StubProvider().start();
  world = await startVaultWorld({
    replicas: 2,
    backends: {
      tickets: tokenExchange(sts.issuer, {
        subjectProviderName: 'acme',
        scopes: ['tickets:read'],
        resource: 'https://tickets.example',
      }),
      identity: tokenExchange(sts.issuer, { subjectProviderName: 'acme', subjectTokenType: 'id_token' }),
      'no-identity': tokenExchange(sts.issuer, { subjectProviderName: 'octo', subjectTokenType: 'id_token' }),
      self: tokenExchange(sts.issuer, { audience: 'self' }),
      directory: ACME_AND_OCTO.directory,
    },
  });
});

beforeEach(() => {
  world.stub.reset();
  sts.reset();
});

afterAll(async () => {
  await world.close();
  await sts.stop();
});

const callersToken = (claims: Record<string, unknown>) =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode('the proxy has verified the signature'));

describe('an exchange', () => {
  // RFC 8693, section 2.1.
  test('sends the stored token of the configured provider, and everything else from the configuration', async () => {
    const { tsid } = await world.client.signIn({ acme: world.as('alice') });
    const { accessToken: subject } = await world.client.inject(tsid, 'directory');
    await expect(world.client.exchange(tsid, 'tickets')).resolves.toMatchObject({
      accessToken: expect.stringMatching(/^exchanged-/) as unknown as string,
    });
    expect(Object.fromEntries(sts.exchangeRequests[0] ?? [])).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: subject,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      audience: 'tickets',
      resource: 'https://tickets.example',
      scope: 'tickets:read',
    });
  });

  test('records for whom its token is, as far as the token says it', async () => {
    const issued = ['{"alg":"none"}', '{"aud":"https://tickets.example"}', 's']
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.');
    sts.misbehave.set('token', (_request, response) =>
      send(response, 200, { access_token: issued, token_type: 'Bearer', expires_in: 300 }),
    );
    const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
    await world.client.exchange(tsid, 'tickets');
    const { rows } = await world.rows.query({
      name: 'issued-for',
      text: 'select token_audiences as audiences from exchanged_tokens where account_id = $1',
      values: [accountId],
    });
    expect(rows).toEqual([{ audiences: ['https://tickets.example'] }]);
  });

  // RFC 8693, section 3.
  test('of an id_token sends the id_token', async () => {
    const { tsid } = await world.client.signIn({ acme: world.as('alice'), octo: world.as('alice') });
    await world.client.exchange(tsid, 'identity');
    const [request] = sts.exchangeRequests;
    expect(request?.get('subject_token')?.split('.')).toHaveLength(3);
    expect(request?.get('subject_token_type')).toBe('urn:ietf:params:oauth:token-type:id_token');
    await expect(world.client.exchange(tsid, 'no-identity')).rejects.toMatchObject({
      code: 'exchange_refused',
    });
  });

  test('is made once for forty callers on two replicas, and cached for those who come later', async () => {
    const { tsid } = await world.client.signIn({ acme: world.as('alice') });
    const everybodyAsked = Promise.withResolvers<undefined>();
    let exchanging = 0;
    sts.misbehave.set('token', async () => {
      exchanging += 1;
      await everybodyAsked.promise;
      return 'as-usual';
    });
    const asking = Array.from({ length: 40 }, () => world.client.exchange(tsid, 'tickets'));
    await until(() => exchanging > 0);
    // A request and its answer later, all forty are under way.
    await world.client.ask(busKeyCurrent, {});
    everybodyAsked.resolve(undefined);
    const answers = await Promise.all(asking);
    answers.push(await world.client.exchange(tsid, 'tickets'));
    expect(sts.counts.exchange).toBe(1);
    expect(new Set(answers.map(({ accessToken }) => accessToken)).size).toBe(1);
  });

  test('that takes longer than a lease is still made once: its holder says that it is at work', async () => {
    const { tsid } = await world.client.signIn({ acme: world.as('alice') });
    const told = Promise.withResolvers<undefined>();
    sts.misbehave.set('token', async () => {
      await told.promise;
      return 'as-usual';
    });
    const calls = Array.from({ length: 10 }, () => world.client.exchange(tsid, 'tickets'));
    const leaseEnd = async () => {
      const { rows } = await world.rows.query<{ until: Date; left: number }>({
        name: 'exchange-lease',
        text: `select lease_until as until, extract(epoch from lease_until - now())::float as left
               from exchanged_tokens where lease_until > now()`,
      });
      return rows[0];
    };
    await until(async () => (await leaseEnd()) !== undefined);
    const first = await leaseEnd();
    // Whoever comes after a dead holder waits no longer than this.
    expect(first?.left).toBeLessThan(3);
    await until(async () => ((await leaseEnd())?.until ?? 0) > (first?.until ?? 0));
    told.resolve(undefined);
    await Promise.all(calls);
    expect(sts.counts.exchange).toBe(1);
  });

  test('whose holder died is made by another as soon as the lease has ended', async () => {
    const { tsid } = await world.client.signIn({ acme: world.as('alice') });
    await world.client.exchange(tsid, 'tickets');
    const { rows } = await world.rows.query<{ until: Date }>({
      name: 'exchange-lease-of-the-dead',
      text: `update exchanged_tokens set lease_owner = gen_random_uuid(), lease_until = now() + interval '700 milliseconds',
               expires_at = now() where backend = 'tickets' returning lease_until as until`,
    });
    await world.client.exchange(tsid, 'tickets');
    const { rows: ended } = await world.rows.query({
      name: 'exchange-lease-has-ended',
      text: 'select now() >= $1 as ended',
      values: [rows[0]?.until],
    });
    expect([sts.counts.exchange, ended]).toEqual([2, [{ ended: true }]]);
  });

  test('is made again after the token has expired, after it was refused, and after the subject was replaced', async () => {
    const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
    const first = await world.client.exchange(tsid, 'tickets');
    await world.rows.query({
      name: 'expire-exchanged',
      text: `update exchanged_tokens set expires_at = now()`,
    });
    const second = await world.client.exchange(tsid, 'tickets');
    expect(second.accessToken).not.toBe(first.accessToken);
    await world.rows.query({
      name: 'age-exchanged',
      text: `update exchanged_tokens set obtained_at = now() - interval '1 minute'`,
    });
    const third = await world.client.exchange(tsid, 'tickets', { refused: second.accessToken });
    expect(third.accessToken).not.toBe(second.accessToken);
    await world.client.signIn({ acme: world.as('bob') }, accountId);
    const fourth = await world.client.exchange(tsid, 'tickets');
    expect(fourth.accessToken).not.toBe(third.accessToken);
    expect(sts.exchangeRequests.at(-1)?.get('subject_token')).toMatch(/^access-bob-/);
  });

  test('of one user is never answered to another', async () => {
    const [alice, bob] = [
      await world.client.signIn({ acme: world.as('alice') }),
      await world.client.signIn({ acme: world.as('bob') }),
    ];
    const [forAlice, forBob] = [
      await world.client.exchange(alice.tsid, 'tickets'),
      await world.client.exchange(bob.tsid, 'tickets'),
    ];
    expect(forAlice.accessToken).not.toBe(forBob.accessToken);
    expect(sts.exchangeRequests.map((request) => request.get('subject_token')?.split('-')[1])).toEqual([
      'alice',
      'bob',
    ]);
  });

  test('refreshes its subject first when that has expired', async () => {
    const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
    await world.rows.query({
      name: 'expire-subject',
      text: `update connections set access_expires_at = now() where account_id = $1`,
      values: [accountId],
    });
    await world.client.exchange(tsid, 'tickets');
    expect(world.stub.counts.refresh).toBe(1);
  });
});

describe('the caller’s own token', () => {
  test('is exchanged where no provider is named, once per session', async () => {
    const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
    const first = await callersToken({ sub: accountId, tsid });
    const answer = await world.client.exchange(tsid, 'self', { subjectToken: first });
    expect(sts.exchangeRequests[0]?.get('subject_token')).toBe(first);
    const renewed = await callersToken({ sub: accountId, tsid, jti: 'another' });
    await expect(world.client.exchange(tsid, 'self', { subjectToken: renewed })).resolves.toMatchObject({
      accessToken: answer.accessToken,
    });
    expect(sts.counts.exchange).toBe(1);
  });

  test('of another session, another account, missing or no token at all is refused, cached or not', async () => {
    const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
    const other = await world.client.signIn({ acme: world.as('bob') });
    await world.client.exchange(tsid, 'self', { subjectToken: await callersToken({ sub: accountId, tsid }) });
    const wrong = [
      await callersToken({ sub: accountId, tsid: other.tsid }),
      await callersToken({ sub: other.accountId, tsid }),
      await callersToken({ sub: accountId }),
      'not-a-jwt',
    ];
    for (const subjectToken of wrong)
      await expect(world.client.exchange(tsid, 'self', { subjectToken })).rejects.toMatchObject({
        code: 'request_invalid',
      });
    await expect(world.client.exchange(tsid, 'self')).rejects.toMatchObject({ code: 'request_invalid' });
    expect(sts.counts.exchange).toBe(1);
  });
});

// RFC 8693, section 2.2.1; RFC 8693, section 2.2.2.
describe('a token exchange endpoint that', () => {
  test.each([
    ['says no', 400, { error: 'invalid_target' }, 'exchange_refused'],
    ['does not know us', 401, { error: 'invalid_client' }, 'exchange_refused'],
    ['is broken', 500, {}, 'exchange_unavailable'],
    ['is busy', 429, { error: 'slow_down' }, 'exchange_unavailable'],
    [
      'issues a refresh token instead',
      200,
      {
        access_token: 'a',
        token_type: 'Bearer',
        issued_token_type: 'urn:ietf:params:oauth:token-type:refresh_token',
      },
      'exchange_refused',
    ],
    [
      'issues something that is no bearer token',
      200,
      {
        access_token: 'a',
        token_type: 'N_A',
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      },
      'exchange_refused',
    ],
    ['answers garbage', 200, { hello: 'world' }, 'exchange_unavailable'],
  ])('%s is told apart, and asked again the next time', async (_name, status, body, code) => {
    const { tsid } = await world.client.signIn({ acme: world.as('alice') });
    sts.misbehave.set('token', (_request, response) => send(response, status, body));
    await expect(world.client.exchange(tsid, 'tickets')).rejects.toMatchObject({
      code,
      details: { backend: 'tickets' },
    });
    sts.misbehave.clear();
    await expect(world.client.exchange(tsid, 'tickets')).resolves.toBeDefined();
  });
});

describe('a credential is released for nobody', () => {
  test('whose session is closed or whose connection was revoked, cached or not', async () => {
    const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
    await world.client.exchange(tsid, 'tickets');
    await world.client.ask(connectionRevoke, { accountId, provider: 'acme' });
    await expect(world.client.exchange(tsid, 'tickets')).rejects.toMatchObject({
      code: 'connection_missing',
    });
    await world.client.ask(sessionClose, { tsid });
    await expect(world.client.exchange(tsid, 'tickets')).rejects.toMatchObject({ code: 'session_closed' });
    const { rows: left } = await world.rows.query({
      name: 'left',
      text: 'select 1 from exchanged_tokens where account_id = $1',
      values: [accountId],
    });
    expect(left).toEqual([]);
  });

  test('by asking for a backend with another strategy than its own', async () => {
    const { tsid } = await world.client.signIn({ acme: world.as('alice') });
    await expect(world.client.inject(tsid, 'tickets')).rejects.toMatchObject({ code: 'unknown_backend' });
    await expect(world.client.exchange(tsid, 'directory')).rejects.toMatchObject({ code: 'unknown_backend' });
    await expect(world.client.inject(tsid, 'nothing')).rejects.toMatchObject({ code: 'unknown_backend' });
  });

  test.each([
    ['does not say what it issued', { access_token: 'a', token_type: 'Bearer' }],
    [
      'says nothing about what it issued',
      { access_token: 'a', token_type: 'bearer', issued_token_type: null },
    ],
    ['says 201 and writes numbers as text', { access_token: 'a', expires_in: '60' }, 201],
  ])('%s issued the access token that was asked for', async (_name, body, status = 200) => {
    const { tsid } = await world.client.signIn({ acme: world.as('alice') });
    sts.misbehave.set('token', (_request, response) => send(response, status, body));
    await expect(world.client.exchange(tsid, 'tickets')).resolves.toBeDefined();
    sts.misbehave.clear();
  });
});
