import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sessionClose } from '@gatehouse/contracts/token-vault/session-close';
import { Secret } from '@gatehouse/kernel/secret';
import { printFigure } from '@gatehouse/testing/figures';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { ResourceIssuer } from '@gatehouse/testing/resource-issuer';
import { send, StubProvider } from '../testing/stub-provider.js';
import { clientCredentials, tokenExchange } from '../testing/vault-config.js';
import { startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

const TICKETS = 'https://tickets.example/';
const SECRETS = ['secret: of %20 by-header', 'secret-of-by-body', 'exchange-secret'];

let world: VaultWorld;
let issuer: ResourceIssuer;
let stub: StubProvider;
const log = new KeptLog();

beforeAll(async () => {
  issuer = await new ResourceIssuer().start({ [TICKETS]: 'tickets:read tickets:write' });
  stub = await new StubProvider().start();
  const { tokenUrl } = issuer;
  const forTickets = { tokenUrl, resource: TICKETS, scopes: ['tickets:read'] };
  world = await startVaultWorld({
    replicas: 2,
    log,
    machineClients: ['nightly-report'],
    backends: {
      'by-header': clientCredentials('', {
        ...forTickets,
        clientId: 'by-header',
        clientSecret: new Secret(SECRETS[0] ?? ''),
      }),
      'by-body': clientCredentials('', {
        ...forTickets,
        clientId: 'by-body',
        clientSecret: new Secret(SECRETS[1] ?? ''),
        tokenEndpointAuthMethod: 'client_secret_post',
      }),
      keyed: clientCredentials('', {
        ...forTickets,
        clientId: 'keyed',
        clientKey: new Secret(issuer.clientKey),
        clientKeyId: 'key-1',
        clientAssertionAudience: issuer.issuer,
        tokenEndpointAuthMethod: 'private_key_jwt',
      }),
      elsewhere: clientCredentials('', {
        ...forTickets,
        clientId: 'by-header',
        clientSecret: new Secret(SECRETS[0] ?? ''),
        resource: 'https://other.example/',
      }),
      stubbed: clientCredentials(stub.issuer, { audience: 'tickets', scopes: ['a', 'b'] }),
      exchanged: tokenExchange(stub.issuer, { subjectProviderName: 'acme' }),
    },
  });
});

beforeEach(() => {
  issuer.requests.length = 0;
  stub.reset();
});

afterAll(async () => {
  await world.close();
  await Promise.all([issuer.stop(), stub.stop()]);
});

const signedIn = async (login: string) => await world.client.signIn({ acme: world.as(login) });

describe('a token of the gateway itself', () => {
  test.each(['by-header', 'by-body', 'keyed'])(
    'for one resource and its scopes, from a real authorization server to which the client proves itself: %s',
    async (backend) => {
      const { tsid } = await signedIn('alice');
      const { accessToken, connection } = await world.client.exchange(tsid, backend);
      expect(await issuer.claimsOf(accessToken, TICKETS)).toMatchObject({
        client_id: backend,
        sub: backend,
        scope: 'tickets:read',
      });
      expect(connection).toBeUndefined();
    },
  );

  test('sends what is configured and nothing of any person', async () => {
    const { tsid } = await signedIn('alice');
    await world.client.exchange(tsid, 'stubbed');
    expect(Object.fromEntries(stub.exchangeRequests[0] ?? [])).toEqual({
      grant_type: 'client_credentials',
      audience: 'tickets',
      scope: 'a b',
    });
  });

  test('is asked for once, for forty callers of two persons on two replicas; each release is noted for its person', async () => {
    const people = await Promise.all([signedIn('alice'), signedIn('bob')]);
    await world.rows.query({ name: 'forget-issued', text: 'delete from exchanged_tokens' });
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        world.client.exchange(people[index % 2]?.tsid ?? '', 'by-header'),
      ),
    );
    expect(issuer.requests).toHaveLength(1);
    expect(new Set(answers.map(({ accessToken }) => accessToken)).size).toBe(1);
    const { rows } = await world.rows.query<{ account: string; n: number }>({
      name: 'released-for',
      text: `select account_id as account, count(*)::int as n from custody_log
             where backend = 'by-header' and provider is null and account_id = any($1) group by 1`,
      values: [people.map(({ accountId }) => accountId)],
    });
    // A request whose answer did not come in time is asked again, and noted again.
    const noted = new Map(rows.map(({ account, n }) => [account, n]));
    for (const { accountId } of people) expect(noted.get(accountId)).toBeGreaterThanOrEqual(20);
    printFigure(`clientCredentials: 40 calls of 2 persons at 2 replicas, ${issuer.requests.length} request`);
  });

  test('is not asked for again when somebody signs in anew, signs out or connects another account', async () => {
    const first = await signedIn('alice');
    const { accessToken } = await world.client.exchange(first.tsid, 'by-header');
    await world.client.ask(sessionClose, { tsid: first.tsid });
    issuer.requests.length = 0;
    const again = await world.client.signIn({ acme: world.as('bob') }, first.accountId);
    expect((await world.client.exchange(again.tsid, 'by-header')).accessToken).toBe(accessToken);
    expect(issuer.requests).toEqual([]);
  });

  test('is released to a client that comes for itself, noted for no person, and to no other client', async () => {
    const { accessToken } = await world.client.exchange({ clientId: 'nightly-report' }, 'by-header');
    expect(await issuer.claimsOf(accessToken, TICKETS)).toMatchObject({ sub: 'by-header' });
    const { rows } = await world.rows.query<{ tsid: string; account: string }>({
      name: 'released-to-client',
      text: `select tsid, account_id as account from custody_log where backend = 'by-header' order by at desc, sequence desc limit 1`,
    });
    const nobody = '00000000-0000-0000-0000-000000000000';
    expect(rows).toEqual([{ tsid: nobody, account: nobody }]);
    const refused = { code: 'request_invalid' };
    await expect(world.client.exchange({ clientId: 'another' }, 'by-header')).rejects.toMatchObject(refused);
    // What is a person's is released for no client's sake.
    await expect(world.client.exchange({ clientId: 'nightly-report' }, 'exchanged')).rejects.toMatchObject(
      refused,
    );
  });

  test('is asked for anew when a backend refuses it, but not while it is a moment old', async () => {
    const { tsid } = await signedIn('alice');
    const first = await world.client.exchange(tsid, 'stubbed');
    const young = await world.client.exchange(tsid, 'stubbed', { refused: first.accessToken });
    expect(young.accessToken).toBe(first.accessToken);
    await world.rows.query({
      name: 'age-issued',
      text: `update exchanged_tokens set obtained_at = now() - interval '1 minute'`,
    });
    const other = await world.client.exchange(tsid, 'stubbed', { refused: first.accessToken });
    expect(other.accessToken).not.toBe(first.accessToken);
  });

  test('is given to no session that is closed, although it is cached', async () => {
    const { tsid } = await signedIn('alice');
    await world.client.exchange(tsid, 'by-header');
    await world.client.ask(sessionClose, { tsid });
    await expect(world.client.exchange(tsid, 'by-header')).rejects.toMatchObject({ code: 'session_closed' });
  });

  test('is sealed for the gateway: a row that is copied to a person’s exchange does not open there', async () => {
    const { tsid } = await signedIn('alice');
    await world.client.exchange(tsid, 'by-header');
    const exchanged = await world.client.exchange(tsid, 'exchanged');
    await world.rows.query({
      name: 'swap-sealed',
      text: `update exchanged_tokens set token = (select token from exchanged_tokens where backend = 'by-header' limit 1)
             where backend = 'exchanged'`,
    });
    const { accessToken } = await world.client.exchange(tsid, 'exchanged');
    expect(accessToken).toMatch(/^exchanged-/);
    expect(accessToken).not.toBe(exchanged.accessToken);
  });
});

describe('an endpoint that', () => {
  test.each([
    ['does not know the client', 401, { error: 'invalid_client' }, 'exchange_refused'],
    ['does not give this grant', 400, { error: 'unauthorized_client' }, 'exchange_refused'],
    ['does not give these scopes', 400, { error: 'invalid_scope' }, 'exchange_refused'],
    ['calls it an invalid grant', 400, { error: 'invalid_grant' }, 'exchange_refused'],
    ['is broken', 500, {}, 'exchange_unavailable'],
    ['is busy', 429, { error: 'slow_down' }, 'exchange_unavailable'],
    ['binds its tokens to a key', 200, { access_token: 'a', token_type: 'DPoP' }, 'exchange_refused'],
    ['answers garbage', 200, { hello: 'world' }, 'exchange_unavailable'],
  ])(
    '%s is told apart, asks nobody to sign in, and is asked again the next time',
    async (_name, status, body, code) => {
      const { tsid } = await signedIn('alice');
      await world.rows.query({ name: 'forget-issued', text: 'delete from exchanged_tokens' });
      stub.misbehave.set('token', (_request, response) => send(response, status, body));
      await expect(world.client.exchange(tsid, 'stubbed')).rejects.toMatchObject({
        code,
        details: { backend: 'stubbed' },
      });
      stub.misbehave.clear();
      await expect(world.client.exchange(tsid, 'stubbed')).resolves.toBeDefined();
    },
  );

  test('knows no such resource refuses, and what the log says of it holds no secret', async () => {
    const { tsid } = await signedIn('alice');
    await expect(world.client.exchange(tsid, 'elsewhere')).rejects.toMatchObject({
      code: 'exchange_refused',
    });
    expect(log.of('token-exchange-failed')).toContainEqual(expect.objectContaining({ backend: 'elsewhere' }));
    for (const secret of SECRETS) expect(log.lines.join('\n')).not.toContain(secret);
  });
});
