import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
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
      tickets: tokenExchange(sts.issuer, { subjectProviderName: 'acme' }),
      identity: tokenExchange(sts.issuer, { subjectProviderName: 'acme', subjectTokenType: 'id_token' }),
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

/** The endpoint takes no subject token that it has seen before this moment. */
const refuseOld = (old: string, status = 400, body: object = { error: 'invalid_grant' }): void => {
  sts.misbehave.set('token', (_request, response, form) =>
    form.get('subject_token') === old ? send(response, status, body) : 'as-usual',
  );
};

const signedIn = async () => {
  const session = await world.client.signIn({ acme: world.as('alice') });
  const { accessToken } = await world.client.inject(session.tsid, 'directory');
  return { ...session, accessToken };
};

/** A time below zero: no time passes, however busy the machine is. */
const connectedSince = async (accountId: string, interval: string): Promise<void> => {
  await world.rows.query({
    name: 'connected-since',
    text: 'update connections set connected_at = now() - $2::interval where account_id = $1',
    values: [accountId, interval],
  });
};

describe('a subject token that the endpoint refuses', () => {
  test.each([
    ['as RFC 8693 says', 400, { error: 'invalid_request' }],
    [
      'as a grant',
      400,
      { error: 'invalid_grant', error_description: 'AADSTS500133: Assertion is not valid.' },
    ],
    ['as a token', 401, { error: 'invalid_token' }],
    ['in words', 400, { message: 'The subject token has expired' }],
  ])('%s is renewed once, and exchanged again', async (_how, status, body) => {
    const { tsid, accessToken } = await signedIn();
    refuseOld(accessToken, status, body);
    await expect(world.client.exchange(tsid, 'tickets')).resolves.toMatchObject({
      accessToken: expect.stringMatching(/^exchanged-/) as unknown as string,
    });
    expect(world.stub.counts.refresh).toBe(1);
    await world.client.exchange(tsid, 'tickets');
    expect([world.stub.counts.refresh, sts.counts.exchange]).toEqual([1, 1]);
  });

  test('and whose end nobody knows is renewed, too', async () => {
    world.stub.accessTokenSeconds = undefined;
    const { tsid, accessToken } = await signedIn();
    refuseOld(accessToken);
    await expect(world.client.exchange(tsid, 'tickets')).resolves.toBeDefined();
    expect(world.stub.counts.refresh).toBe(1);
  });

  test('is renewed once for forty callers on two replicas', async () => {
    const { tsid, accessToken } = await signedIn();
    refuseOld(accessToken);
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => world.client.exchange(tsid, 'tickets')),
    );
    expect(world.stub.counts.refresh).toBe(1);
    expect(new Set(answers.map((one) => one.accessToken)).size).toBe(1);
  });

  test('is an id_token: the provider gives a new one, and that is exchanged', async () => {
    const { tsid } = await signedIn();
    let refused = '';
    sts.misbehave.set('token', (_request, response, form) => {
      refused ||= form.get('subject_token') ?? '';
      return form.get('subject_token') === refused
        ? send(response, 400, { error: 'invalid_token' })
        : 'as-usual';
    });
    world.stub.claims = { jti: 'another' };
    await expect(world.client.exchange(tsid, 'identity')).resolves.toBeDefined();
    expect(world.stub.counts.refresh).toBe(1);
  });

  test('and again when it is new is not the token’s fault: nothing is renewed a second time', async () => {
    const { tsid } = await signedIn();
    sts.misbehave.set('token', (_request, response) => send(response, 400, { error: 'invalid_grant' }));
    for (let call = 0; call < 3; call += 1)
      await expect(world.client.exchange(tsid, 'tickets')).rejects.toMatchObject({
        code: 'exchange_refused',
      });
    expect(world.stub.counts.refresh).toBe(1);
  });

  test('and that its provider does not renew any more asks the person', async () => {
    const { tsid, accessToken } = await signedIn();
    refuseOld(accessToken);
    world.stub.endAllGrants();
    await expect(world.client.exchange(tsid, 'tickets')).rejects.toMatchObject({
      code: 'reauth_required',
      details: { provider: 'acme' },
    });
  });

  test('in words that do not tell, and that nothing can renew, sends nobody to sign in again and again', async () => {
    world.stub.givesRefreshToken = false;
    const { tsid, accountId } = await signedIn();
    sts.misbehave.set('token', (_request, response) => send(response, 400, { error: 'invalid_request' }));
    for (const connectedFor of ['1 second', '1 hour']) {
      await connectedSince(accountId, connectedFor);
      await expect(world.client.exchange(tsid, 'tickets')).rejects.toMatchObject({
        code: 'exchange_refused',
      });
    }
  });

  test('and that nothing can renew asks the person, but not for a token of a moment ago', async () => {
    world.stub.givesRefreshToken = false;
    const { tsid, accountId } = await signedIn();
    sts.misbehave.set('token', (_request, response) => send(response, 400, { error: 'invalid_grant' }));
    await connectedSince(accountId, '1 minute');
    await expect(world.client.exchange(tsid, 'tickets')).rejects.toMatchObject({ code: 'reauth_required' });
    const again = await world.client.signIn({ acme: world.as('alice') }, accountId);
    await connectedSince(accountId, '-1 hour');
    await expect(world.client.exchange(again.tsid, 'tickets')).rejects.toMatchObject({
      code: 'exchange_refused',
    });
  });

  test('because of the settings, or of an outage, is not renewed', async () => {
    const { tsid } = await signedIn();
    for (const [status, error, code] of [
      [400, 'invalid_target', 'exchange_refused'],
      [400, 'invalid_scope', 'exchange_refused'],
      [401, 'invalid_client', 'exchange_refused'],
      [429, 'invalid_grant', 'exchange_unavailable'],
      [503, 'invalid_request', 'exchange_unavailable'],
    ] as const) {
      sts.misbehave.set('token', (_request, response) => send(response, status, { error }));
      await expect(world.client.exchange(tsid, 'tickets')).rejects.toMatchObject({ code });
    }
    expect(world.stub.counts.refresh).toBe(0);
  });
});

describe('an endpoint that wants to see the person', () => {
  test.each([
    ['interaction_required', { error: 'interaction_required' }],
    ['login_required', { error: 'login_required' }],
    ['consent_required', { error: 'consent_required' }],
    ['a suberror', { error: 'invalid_grant', suberror: 'consent_required' }],
  ])(
    'with %s leads to the connect link of the subject’s provider, and leaves its connection',
    async (_how, body) => {
      const { tsid, accountId } = await signedIn();
      sts.misbehave.set('token', (_request, response) => send(response, 400, body));
      await expect(world.client.exchange(tsid, 'tickets')).rejects.toMatchObject({
        code: 'reauth_required',
        details: { provider: 'acme' },
      });
      const { connections } = await world.client.ask(connectionList, { accountId });
      expect(connections).toMatchObject([{ state: 'live' }]);
      await expect(world.client.inject(tsid, 'directory')).resolves.toBeDefined();
      expect(world.stub.counts.refresh).toBe(0);
      // The person has connected again.
      sts.misbehave.clear();
      await world.client.signIn({ acme: world.as('alice') }, accountId);
      await expect(world.client.exchange(tsid, 'tickets')).resolves.toBeDefined();
    },
  );

  test('of the caller’s own token has no page to show: the exchange is refused', async () => {
    const { tsid, accountId } = await signedIn();
    const subjectToken = await new SignJWT({ sub: accountId, tsid })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode('the proxy has verified the signature'));
    for (const error of ['interaction_required', 'invalid_grant']) {
      sts.misbehave.set('token', (_request, response) => send(response, 400, { error }));
      await expect(world.client.exchange(tsid, 'self', { subjectToken })).rejects.toMatchObject({
        code: 'exchange_refused',
      });
    }
  });
});

/** The proxy has verified the signature. */
const callersToken = async (claims: Record<string, unknown>): Promise<string> =>
  await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new Uint8Array(32));

describe('the caller’s own token', () => {
  test('that has ended is shown to nobody: its client is told to renew it, and has what was exchanged earlier for another minute', async () => {
    const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
    const nowSeconds = Math.floor(Date.now() / 1_000);
    const endedFor = async (seconds: number) =>
      await callersToken({ sub: accountId, tsid, exp: nowSeconds - seconds });
    const [recently, longAgo] = [await endedFor(1), await endedFor(3_600)];
    for (const subjectToken of [recently, longAgo])
      await expect(world.client.exchange(tsid, 'self', { subjectToken })).rejects.toMatchObject({
        code: 'token_invalid',
      });
    expect(sts.counts.exchange).toBe(0);
    await world.client.exchange(tsid, 'self', {
      subjectToken: await callersToken({ sub: accountId, tsid, exp: Math.floor(Date.now() / 1_000) + 300 }),
    });
    await expect(world.client.exchange(tsid, 'self', { subjectToken: recently })).resolves.toBeDefined();
    await expect(world.client.exchange(tsid, 'self', { subjectToken: longAgo })).rejects.toMatchObject({
      code: 'token_invalid',
    });
    expect(sts.counts.exchange).toBe(1);
  });

  test('that ends while the endpoint looks at it is renewed by its client as well', async () => {
    const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
    const endsAtMs = Date.now() + 2_000;
    const subjectToken = await callersToken({ sub: accountId, tsid, exp: endsAtMs / 1_000 });
    sts.misbehave.set('token', async (_request, response) => {
      await until(() => Date.now() >= endsAtMs);
      return send(response, 400, { error: 'invalid_request' });
    });
    // A machine that is so busy that it has ended before: the same is said.
    await expect(world.client.exchange(tsid, 'self', { subjectToken })).rejects.toMatchObject({
      code: 'token_invalid',
    });
  });
});

test('a token that ends while the endpoint looks at it ends nothing of the next one of its session', async () => {
  const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
  const endsAtMs = Math.ceil(Date.now() / 1_000) * 1_000 + 2_000;
  const ending = await callersToken({ sub: accountId, tsid, exp: endsAtMs / 1_000 });
  const next = await callersToken({ sub: accountId, tsid, exp: Math.floor(Date.now() / 1_000) + 300 });
  const entered = Promise.withResolvers<undefined>();
  sts.misbehave.set('token', async (_request, response, form) => {
    if (form.get('subject_token') !== ending) return 'as-usual';
    entered.resolve(undefined);
    await until(() => Date.now() >= endsAtMs);
    return send(response, 400, { error: 'invalid_request' });
  });
  const first = world.client.exchange(tsid, 'self', { subjectToken: ending }).then(
    () => 'has what was exchanged for the next one',
    (error: unknown) => GatehouseError.from(error).code,
  );
  // On a machine that is so busy that it has ended before, nobody is asked.
  await Promise.race([entered.promise, first]);
  // It comes while the endpoint looks at the first one.
  await expect(world.client.exchange(tsid, 'self', { subjectToken: next })).resolves.toBeDefined();
  // The bus asks the other replica as well when the first one takes long, and by then the next one's token may be there.
  expect(['token_invalid', 'has what was exchanged for the next one']).toContain(await first);
});

test('attack: a token that its person gives for another account, while the old one is renewed, is not released in the name of the old one', async () => {
  const { tsid, accountId } = await signedIn();
  await world.expire(accountId);
  const entered = Promise.withResolvers<undefined>();
  const told = Promise.withResolvers<undefined>();
  world.stub.misbehave.set('token', async (_request, _response, form) => {
    if (form.get('grant_type') !== 'refresh_token') return 'as-usual';
    entered.resolve(undefined);
    await told.promise;
    return 'as-usual';
  });
  const exchanged = world.client.exchange(tsid, 'tickets');
  const refused = expect(exchanged).rejects.toMatchObject({ code: 'unavailable' });
  await entered.promise;
  await world.client.signIn({ acme: world.as('bob') }, accountId);
  told.resolve(undefined);
  await refused;
  expect(sts.counts.exchange).toBe(0);
  await expect(world.client.exchange(tsid, 'tickets')).resolves.toMatchObject({
    accessToken: expect.stringMatching(/^exchanged-/) as unknown as string,
  });
});
