import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import { providerLogout } from '@gatehouse/contracts/token-vault/provider-logout';
import { sessionClose } from '@gatehouse/contracts/token-vault/session-close';
import { sessionOpen } from '@gatehouse/contracts/token-vault/session-open';
import { newAccountId, newAttemptId, newSessionId } from '@gatehouse/kernel/ids';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { logoutTokenOf, seconds } from '../testing/logout-tokens.js';
import { StubProvider } from '../testing/stub-provider.js';
import { oauth2Provider, oidcProvider } from '../testing/vault-config.js';
import { startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

const log = new KeptLog();
let world: VaultWorld;
/** Another provider, which signs nobody in here. */
let beta: StubProvider;
let people = 0;

beforeAll(async () => {
  beta = await new StubProvider().start();
  world = await startVaultWorld({
    log,
    replicas: 2,
    providers: (stub) => [
      oidcProvider('acme', stub.issuer),
      oidcProvider('beta', beta.issuer),
      oauth2Provider('octo', stub.issuer),
      oidcProvider('tenants', stub.issuer, {
        protocol: {
          type: 'oidc',
          issuer: stub.issuer,
          issuerTemplate: `${stub.issuer}/{tenantid}`,
          subjectClaim: 'sub',
          idTokenSignedWith: 'keySet',
        },
      }),
    ],
    backends: {
      directory: { type: 'upstreamInject', providerName: 'acme' },
      files: { type: 'upstreamInject', providerName: 'beta' },
    },
  });
});

beforeEach(() => {
  world.stub.reset();
  beta.reset();
});

afterAll(async () => {
  await world.close();
  await beta.stop();
});

const asBeta = (login: string) => (url: string) => beta.callbackQuery(url, login);
const somebody = () => `person-${(people += 1)}`;

/** Signs in at the primary provider. @param claims of the id_token */
async function signedIn(login: string, claims: object = {}, accountId: string = newAccountId()) {
  world.stub.claims = { ...claims };
  const session = await world.client.signIn({ acme: world.as(login) }, accountId);
  world.stub.claims = {};
  return session;
}

async function post(token: string, provider = 'acme') {
  const sealedToken = await world.client.sealForVault({ logoutToken: token });
  return await world.client.ask(providerLogout, { provider, sealedToken });
}

const acme = async (claims: Readonly<Record<string, unknown>>) => await logoutTokenOf(world.stub, claims);

async function connected(accountId: string): Promise<readonly string[]> {
  const { connections } = await world.client.ask(connectionList, { accountId });
  return connections.map(({ provider }) => provider);
}

const tsidsIn = (reply: Awaited<ReturnType<typeof post>>) =>
  reply.outcome === 'accepted' ? reply.sessions.map(({ tsid }) => tsid).sort() : reply;

describe('by a subject', () => {
  test('the connection ends at once, is given back, and every session that rests on it is named', async () => {
    const login = somebody();
    const first = await signedIn(login);
    const second = await signedIn(login, {}, first.accountId);
    const other = await signedIn(somebody());
    const { accessToken: before } = await world.client.inject(first.tsid, 'directory');
    expect(before).toContain(login);

    const reply = await post(await acme({ sub: `stub-${login}` }));
    expect(reply).toMatchObject({ outcome: 'accepted', subject: `stub-${login}` });
    expect(tsidsIn(reply)).toEqual([first.tsid, second.tsid].sort());
    await expect(world.client.inject(first.tsid, 'directory')).rejects.toMatchObject({
      code: 'connection_missing',
    });
    expect(await world.revoked()).toHaveLength(1);
    // Nobody else is touched.
    expect([await connected(first.accountId), await connected(other.accountId)]).toEqual([[], ['acme']]);
    await expect(world.client.inject(other.tsid, 'directory')).resolves.toBeDefined();
  });

  test('who is not known here loses nothing, and that is no error (the provider would send it for ever)', async () => {
    expect(await post(await acme({ sub: 'stub-nobody' }))).toMatchObject({
      outcome: 'accepted',
      accounts: [],
      sessions: [],
    });
  });

  test('a sign-in that is under way does not outlive it: what the provider gave is not there any more', async () => {
    const login = somebody();
    const attemptId = newAttemptId();
    await world.client.leg(attemptId, 'acme', world.as(login));
    await post(await acme({ sub: `stub-${login}` }));
    const [tsid, accountId] = [newSessionId(), newAccountId()];
    const subjects = { acme: `stub-${login}` };
    await expect(
      world.client.ask(sessionOpen, { attemptId, tsid, accountId, providers: ['acme'], subjects }),
    ).rejects.toMatchObject({ code: 'connection_missing', details: { provider: 'acme' } });
    expect(await world.revoked()).toHaveLength(1);
  });

  test('at a provider that signs nobody in here, its connection ends and no session does', async () => {
    const login = somebody();
    const { accountId, tsid } = await world.client.signIn({ acme: world.as(login), beta: asBeta(login) });
    const reply = await post(await logoutTokenOf(beta, { sub: `stub-${login}` }), 'beta');
    expect(reply).toMatchObject({ outcome: 'accepted', sessions: [] });
    expect(await connected(accountId)).toEqual(['acme']);
    await expect(world.client.inject(tsid, 'files')).rejects.toMatchObject({ code: 'connection_missing' });
    await expect(world.client.inject(tsid, 'directory')).resolves.toBeDefined();
  });
});

describe('by a session at the provider', () => {
  test('only what was signed in in it ends: another browser of the same person goes on', async () => {
    const login = somebody();
    const office = await signedIn(login, { sid: `${login}-office` });
    const home = await signedIn(login, { sid: `${login}-home` }, office.accountId);
    const reply = await post(await acme({ sub: `stub-${login}`, sid: `${login}-office` }));
    expect(tsidsIn(reply)).toEqual([office.tsid]);
    // The connection is of the later sign-in.
    expect(await connected(office.accountId)).toEqual(['acme']);

    const last = await post(await acme({ sid: `${login}-home` }));
    expect(tsidsIn(last)).toEqual([home.tsid]);
    expect(await connected(office.accountId)).toEqual([]);
  });

  test('attack: who was signed out there goes on here, because no id_token had said in which session they are', async () => {
    const login = somebody();
    const { accountId, tsid } = await signedIn(login);
    expect(await post(await acme({ sid: `${login}-1` }))).toMatchObject({ accounts: [], sessions: [] });
    const reply = await post(await acme({ sub: `stub-${login}`, sid: `${login}-1` }));
    expect(tsidsIn(reply)).toEqual([tsid]);
    expect(await connected(accountId)).toEqual([]);
  });

  test('a session of somebody else does not end, whoever is named beside it', async () => {
    const login = somebody();
    const { accountId } = await signedIn(login, { sid: `${login}-1` });
    const reply = await post(await acme({ sub: 'stub-another', sid: `${login}-1` }));
    expect(reply).toMatchObject({ outcome: 'accepted', accounts: [], sessions: [] });
    expect(await connected(accountId)).toEqual(['acme']);
  });

  test('nor that of another provider which has the same name', async () => {
    const login = somebody();
    const { accountId } = await signedIn(login, { sid: `${login}-1` });
    const reply = await post(await logoutTokenOf(beta, { sid: `${login}-1` }), 'beta');
    expect(reply).toMatchObject({ outcome: 'accepted', accounts: [], sessions: [] });
    expect(await connected(accountId)).toEqual(['acme']);
  });

  test('what a renewed id_token says counts, and the session is stored as a digest alone', async () => {
    const login = somebody();
    const { accountId, tsid } = await signedIn(login, { sid: `${login}-before` });
    world.stub.claims = { sid: `${login}-after` };
    await world.expire(accountId);
    await world.client.inject(tsid, 'directory');
    world.stub.claims = {};
    const { rows } = await world.rows.query<{ all: string }>({
      name: 'rows-of-account',
      text: `select coalesce(c.provider_session, '') || coalesce(s.provider_session, '') as all
             from connections c join sessions s on s.account_id = c.account_id where c.account_id = $1`,
      values: [accountId],
    });
    expect(rows[0]?.all).toMatch(/^[A-Za-z0-9_-]{86}$/);
    await post(await acme({ sid: `${login}-after` }));
    expect(await connected(accountId)).toEqual([]);
  });
});

describe('again', () => {
  test('a token whose answer was lost names the same sessions, until they are closed', async () => {
    const login = somebody();
    const { tsid } = await signedIn(login);
    const token = await acme({ sub: `stub-${login}` });
    expect([tsidsIn(await post(token)), tsidsIn(await post(token))]).toEqual([[tsid], [tsid]]);
    await world.client.ask(sessionClose, { tsid });
    expect(tsidsIn(await post(token))).toEqual([]);
  });

  test('ten times at once, at two replicas: it ends once', async () => {
    const login = somebody();
    const { accountId, tsid } = await signedIn(login);
    const token = await acme({ sub: `stub-${login}` });
    const replies = await Promise.all(Array.from({ length: 10 }, async () => await post(token)));
    expect(await connected(accountId)).toEqual([]);
    expect(replies.map(tsidsIn)).toEqual(Array(10).fill([tsid]));
    expect(await world.revoked()).toHaveLength(1);
  });

  test.each([
    ['by the subject', {}],
    ['by the session', { sid: 'kept-for-ever' }],
  ])('after a new sign-in it ends nothing, %s', async (_how, claims) => {
    const login = somebody();
    const before = await signedIn(login, { ...claims, iat: seconds(-60) });
    const token = await acme({ sub: `stub-${login}`, ...claims, iat: seconds(-30) });
    expect(tsidsIn(await post(token))).toEqual([before.tsid]);
    await world.client.ask(sessionClose, { tsid: before.tsid });

    const again = await signedIn(login, claims, before.accountId);
    expect(await post(token)).toMatchObject({ outcome: 'accepted', accounts: [], sessions: [] });
    await expect(world.client.inject(again.tsid, 'directory')).resolves.toBeDefined();
  });

  test('and one that is issued in the second of the sign-in ends it', async () => {
    const login = somebody();
    const { tsid } = await signedIn(login, { iat: seconds(-10) });
    expect(tsidsIn(await post(await acme({ sub: `stub-${login}`, iat: seconds(-10) })))).toEqual([tsid]);
  });
});

describe('nothing ends by', () => {
  test.each<[string, () => Promise<string>, string]>([
    [
      'a token that another provider signed in the name of this one',
      async () => await logoutTokenOf(beta, { iss: world.stub.issuer, sub: 'stub-target' }),
      'wrong_signature',
    ],
    [
      "another provider's own, posted here",
      async () => await logoutTokenOf(beta, { sub: 'stub-target' }),
      'wrong_issuer',
    ],
    [
      'one of the same keys and another issuer',
      async () => await acme({ iss: `${world.stub.issuer}/realms/other`, sub: 'stub-target' }),
      'wrong_issuer',
    ],
    [
      'one for another client',
      async () => await acme({ aud: 'another', sub: 'stub-target' }),
      'wrong_audience',
    ],
    [
      'an id_token',
      async () => await world.stub.signed({ sub: 'stub-target', nonce: 'n', sid: 's' }),
      'not_a_logout_token',
    ],
    [
      'an access token (RFC 9068)',
      async () => await world.stub.signed({ sub: 'stub-target', jti: 'j' }, 'at+jwt'),
      'not_a_logout_token',
    ],
    ['one with a nonce', async () => await acme({ sub: 'stub-target', nonce: 'n' }), 'not_a_logout_token'],
    [
      'one that has expired',
      async () => await acme({ sub: 'stub-target', iat: seconds(-300), exp: seconds(-120) }),
      'wrong_time',
    ],
    ['a text', async () => await Promise.resolve('text'), 'not_a_logout_token'],
  ])('%s', async (_what, made, reason) => {
    const { accountId } = await signedIn('target');
    log.lines.length = 0;
    const token = await made();
    expect(await post(token)).toEqual({ outcome: 'refused', reason });
    expect(await connected(accountId)).toEqual(['acme']);
    expect(log.of('provider-logout-refused')[0]).toMatchObject({ provider: 'acme', reason });
    // It may be somebody's id_token.
    expect(log.lines.join('\n')).not.toContain(token);
  });

  test.each(['octo', 'tenants', 'nobody'])('%s, which sends no logout tokens', async (provider) => {
    await expect(post(await acme({ sub: 'stub-target' }), provider)).rejects.toMatchObject({
      code: 'unknown_provider',
    });
  });
});

test('a stranger who floods the vault makes it ask no provider for anything', async () => {
  let asked = 0;
  beta.misbehave.set('jwks', () => {
    asked += 1;
    return 'as-usual';
  });
  const { discovery } = beta.counts;
  const junk = await logoutTokenOf(beta, { aud: 'another', sub: 'stub-target' });
  await Promise.all(Array.from({ length: 50 }, async () => await post(junk, 'beta')));
  expect([asked, beta.counts.discovery]).toEqual([0, discovery]);
});
