import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectionRevoke } from '@gatehouse/contracts/token-vault/connection-revoke';
import { Secret } from '@gatehouse/kernel/secret';
import { printFigure } from '@gatehouse/testing/figures';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { send, StubProvider } from '../testing/stub-provider.js';
import { tokenExchange } from '../testing/vault-config.js';
import { ACME_AND_OCTO, startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

let world: VaultWorld;
let sts: StubProvider;
const log = new KeptLog();

const OF_OCTO = { from: 'provider', providerName: 'octo', token: 'access_token' } as const;
const OF_GATEWAY = {
  from: 'clientCredentials',
  token: 'access_token',
  scopes: ['act'],
  audience: 'sts',
} as const;

beforeAll(async () => {
  sts = await new StubProvider().start();
  const of = (more: Parameters<typeof tokenExchange>[1]) =>
    tokenExchange(sts.issuer, { subjectProviderName: 'acme', ...more });
  world = await startVaultWorld({
    replicas: 2,
    log,
    backends: {
      ...ACME_AND_OCTO,
      tickets: of({ actor: OF_OCTO }),
      agent: of({ actor: { ...OF_GATEWAY, token: 'jwt' } }),
      other: of({ actor: { ...OF_GATEWAY, scopes: ['other'] } }),
      alone: of({}),
      many: of({
        audiences: ['b', 'tickets'],
        resource: 'https://a.example',
        resources: ['https://b.example'],
      }),
      identity: of({ requestedTokenType: 'id_token' }),
      signed: of({ requestedTokenType: 'jwt' }),
      stranger: of({ actor: OF_GATEWAY, clientSecret: new Secret('another-secret') }),
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

const signedIn = async (login = 'alice') =>
  await world.client.signIn({ acme: world.as(login), octo: world.as(login) });

const TYPE = 'urn:ietf:params:oauth:token-type:';
const exchanges = () =>
  sts.exchangeRequests.filter((form) => form.get('grant_type')?.endsWith(':token-exchange'));
const ownRequests = () =>
  sts.exchangeRequests.filter((form) => form.get('grant_type') === 'client_credentials');

/** Exchanges are answered with this, the gateway's own token as usual. */
const answering = (status: number, body: object) =>
  sts.misbehave.set('token', (_request, response, form) =>
    form.get('grant_type') === 'client_credentials' ? 'as-usual' : send(response, status, body),
  );

describe('an actor that is another provider’s token of the same person', () => {
  // RFC 8693 section 2.1.
  test('is sent beside the subject, with its type', async () => {
    const { tsid } = await signedIn();
    const subject = await world.client.inject(tsid, 'directory');
    const actor = await world.client.inject(tsid, 'repos');
    await world.client.exchange(tsid, 'tickets');
    expect(Object.fromEntries(sts.exchangeRequests[0] ?? [])).toMatchObject({
      subject_token: subject.accessToken,
      subject_token_type: `${TYPE}access_token`,
      actor_token: actor.accessToken,
      actor_token_type: `${TYPE}access_token`,
    });
  });

  test('attack: no exchange shows the actor of another person, for two people at two replicas', async () => {
    for (const login of ['alice', 'bob', 'alice', 'bob']) {
      const { tsid } = await signedIn(login);
      await world.client.exchange(tsid, 'tickets');
    }
    expect(exchanges().length).toBeGreaterThanOrEqual(2);
    for (const form of exchanges()) {
      const login = /access-(\w+)-/.exec(form.get('subject_token') ?? '')?.[1];
      expect(['alice', 'bob']).toContain(login);
      expect(form.get('actor_token')).toContain(`access-${login}-`);
    }
  });

  test('that the person has not connected leads to the connect link of that provider: nothing is shown without it', async () => {
    const { tsid } = await world.client.signIn({ acme: world.as('alice') });
    await expect(world.client.exchange(tsid, 'tickets')).rejects.toMatchObject({
      code: 'connection_missing',
      details: { provider: 'octo' },
    });
    expect(sts.counts.exchange).toBe(0);
    await expect(world.client.exchange(tsid, 'alone')).resolves.toBeDefined();
  });

  test('attack: what was exchanged with a revoked actor is not given again', async () => {
    const { tsid, accountId } = await signedIn();
    await world.client.exchange(tsid, 'tickets');
    await world.client.ask(connectionRevoke, { accountId, provider: 'octo' });
    await expect(world.client.exchange(tsid, 'tickets')).rejects.toMatchObject({
      details: { provider: 'octo' },
    });
    expect(exchanges()).toHaveLength(1);
  });

  test('and that the endpoint refuses is renewed once; with the new one the call works', async () => {
    const { tsid, accountId } = await signedIn();
    const { accessToken: refused } = await world.client.inject(tsid, 'repos');
    sts.misbehave.set('token', (_request, response, form) =>
      form.get('actor_token') === refused ? send(response, 400, { error: 'invalid_grant' }) : 'as-usual',
    );
    await world.rows.query({
      name: 'long-connected',
      text: `update connections set access_obtained_at = now() - interval '1 minute' where account_id = $1`,
      values: [accountId],
    });
    await expect(world.client.exchange(tsid, 'tickets')).resolves.toBeDefined();
    expect(world.stub.counts.refresh).toBe(1);
  });
});

describe('an actor that is the gateway itself', () => {
  test('is shown by a token that it gets at that endpoint, as that client', async () => {
    const { tsid } = await signedIn();
    await world.client.exchange(tsid, 'agent');
    expect(Object.fromEntries(ownRequests()[0] ?? [])).toEqual({
      grant_type: 'client_credentials',
      audience: 'sts',
      scope: 'act',
    });
    const [form] = exchanges();
    expect(form?.get('actor_token')).toMatch(/^exchanged-/);
    expect(form?.get('actor_token_type')).toBe(`${TYPE}jwt`);
    expect(form?.get('subject_token')).toMatch(/^access-alice-/);
  });

  test('forty calls of two people on two replicas: one token of the gateway, one exchange for each person', async () => {
    const [alice, bob] = [await signedIn('alice'), await signedIn('bob')];
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, call) => world.client.exchange((call % 2 ? alice : bob).tsid, 'other')),
    );
    printFigure(
      `tokenExchange with an actor: ${answers.length} calls of 2 persons at 2 replicas, ${ownRequests().length} token of the gateway, ${exchanges().length} exchanges`,
    );
    expect([ownRequests().length, exchanges().length]).toEqual([1, 2]);
    const tokens = answers.map(({ accessToken }) => accessToken);
    expect(new Set(tokens.filter((_, call) => call % 2)).size).toBe(1);
    expect(new Set(tokens).size).toBe(2);
  });

  test('and is refused, for all that anybody knows, sends nobody to sign in whose token is good', async () => {
    world.stub.givesRefreshToken = false;
    const { tsid, accountId } = await signedIn();
    await world.rows.query({
      name: 'long-connected-subject',
      text: `update connections set access_obtained_at = now() - interval '1 minute' where account_id = $1`,
      values: [accountId],
    });
    answering(400, { error: 'invalid_grant' });
    await expect(world.client.exchange(tsid, 'agent')).rejects.toMatchObject({ code: 'exchange_refused' });
    const { rows } = await world.rows.query<{ state: string }>({
      name: 'states',
      text: 'select state from connections where account_id = $1',
      values: [accountId],
    });
    expect(rows.map(({ state }) => state)).not.toContain('reauth_required');
  });

  test('that the endpoint gives no token to is not left out: nothing is exchanged', async () => {
    const { tsid } = await signedIn();
    sts.misbehave.set('token', (_request, response) => send(response, 401, { error: 'invalid_client' }));
    await expect(world.client.exchange(tsid, 'stranger')).rejects.toMatchObject({ code: 'exchange_refused' });
    sts.misbehave.set('token', (_request, response) => send(response, 503, {}));
    await expect(world.client.exchange(tsid, 'stranger')).rejects.toMatchObject({
      code: 'exchange_unavailable',
    });
    expect([exchanges().length, world.stub.counts.refresh]).toEqual([0, 0]);
  });
});

test('several audiences and resources are each sent, and each once', async () => {
  const { tsid } = await signedIn();
  await world.client.exchange(tsid, 'many');
  const [form] = exchanges();
  expect(form?.getAll('audience')).toEqual(['tickets', 'b']);
  expect(form?.getAll('resource')).toEqual(['https://a.example', 'https://b.example']);
});

describe('the type that is asked for', () => {
  const answer = (issued: string | undefined, tokenType = 'N_A') => ({
    access_token: 'what-was-issued',
    ...(issued === undefined ? {} : { issued_token_type: TYPE + issued }),
    token_type: tokenType,
    expires_in: 60,
  });

  // RFC 8693 section 2.2.1: what is no access token has the token type N_A.
  test.each([
    ['identity', 'id_token', 'N_A'],
    ['identity', 'id_token', 'Bearer'],
    ['signed', 'jwt', 'N_A'],
    ['alone', 'jwt', 'Bearer'],
    ['alone', undefined, 'Bearer'],
  ])('%s: an answer of the type %s with %s is taken', async (backend, issued, tokenType) => {
    const { tsid } = await signedIn();
    answering(200, answer(issued, tokenType));
    await expect(world.client.exchange(tsid, backend)).resolves.toMatchObject({
      accessToken: 'what-was-issued',
    });
  });

  test.each([
    ['identity', 'access_token', 'N_A'],
    ['identity', 'refresh_token', 'N_A'],
    ['identity', undefined, 'N_A'],
    ['identity', 'id_token', 'DPoP'],
    ['signed', 'id_token', 'N_A'],
    ['signed', 'access_token', 'Bearer'],
    ['alone', 'access_token', 'N_A'],
    ['alone', 'id_token', 'Bearer'],
    ['alone', 'refresh_token', 'Bearer'],
  ])('attack: %s: another one (%s with %s) goes to no backend', async (backend, issued, tokenType) => {
    const { tsid } = await signedIn();
    answering(200, answer(issued, tokenType));
    await expect(world.client.exchange(tsid, backend)).rejects.toMatchObject({ code: 'exchange_refused' });
  });

  test('is said in the request', async () => {
    const { tsid } = await signedIn();
    const asked: (string | null)[] = [];
    sts.misbehave.set('token', (_request, response, form) => {
      asked.push(form.get('requested_token_type'));
      return send(response, 400, { error: 'invalid_target' });
    });
    for (const backend of ['identity', 'signed', 'alone'])
      await expect(world.client.exchange(tsid, backend)).rejects.toBeDefined();
    expect(asked).toEqual([`${TYPE}id_token`, `${TYPE}jwt`, `${TYPE}access_token`]);
  });
});

test('attack: no log line has a token of the subject, of the actor, or what was issued', () => {
  expect(log.of('token-exchange-failed').length).toBeGreaterThan(0);
  expect(log.lines.join('\n')).not.toMatch(
    /access-(alice|bob)-|exchanged-|what-was-issued|another-secret|exchange-secret/,
  );
});
