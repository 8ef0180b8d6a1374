import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { UpstreamProvider } from '@gatehouse/config/model/upstream-provider';
import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import { connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import { connectionRevoke } from '@gatehouse/contracts/token-vault/connection-revoke';
import { providerLogout } from '@gatehouse/contracts/token-vault/provider-logout';
import { newAttemptId } from '@gatehouse/kernel/ids';
import { Secret } from '@gatehouse/kernel/secret';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { RegisteringOpenIdProvider } from '@gatehouse/testing/registering-openid-provider';
import { until } from '@gatehouse/testing/until';
import { Outbox } from '../outbox/outbox.flow.js';
import { logoutClaims } from '../testing/logout-tokens.js';
import { PersonAtBrowser } from '../testing/person-at-browser.js';
import { BROWSER } from '../testing/vault-client.js';
import { oidcProvider } from '../testing/vault-config.js';
import { startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

const INITIAL_ACCESS_TOKEN = 'value-of-the-initial-access-token';

const log = new KeptLog();
let provider: RegisteringOpenIdProvider;
/** Lets nobody register who has no other token than this gateway's. */
let closed: RegisteringOpenIdProvider;
let world: VaultWorld;

function registering(name: string, { issuer }: RegisteringOpenIdProvider): UpstreamProvider<Secret> {
  const { requirement, protocol, additionalAuthorizationParams, dialect, redirectUri, timeoutMs } =
    oidcProvider(name, issuer);
  return {
    name,
    requirement,
    protocol,
    additionalAuthorizationParams,
    dialect,
    redirectUri,
    timeoutMs,
    allowPrivateIps: true,
    insecureAllowHttp: true,
    clientId: '',
    scopes: ['openid', 'offline_access'],
    registration: {
      at: { discoveryUrl: `${issuer}/.well-known/openid-configuration` },
      initialAccessToken: new Secret(INITIAL_ACCESS_TOKEN),
    },
  };
}

beforeAll(async () => {
  provider = await new RegisteringOpenIdProvider(INITIAL_ACCESS_TOKEN).start();
  closed = await new RegisteringOpenIdProvider('another token').start();
  world = await startVaultWorld({
    log,
    replicas: 2,
    providers: () => [registering('acme', provider), registering('closed', closed)],
    backends: { directory: { type: 'upstreamInject', providerName: 'acme' } },
  });
});

beforeEach(async () => {
  provider.reset();
  for (const table of ['upstream_issuers', 'connections', 'staged_connections', 'revocation_outbox'])
    await world.rows.query({ name: `forget-${table}`, text: `delete from ${table}` });
});

afterAll(async () => {
  await world.close();
  await Promise.all([provider.stop(), closed.stop()]);
});

async function begin(name = 'acme'): Promise<URL> {
  const { authorizationUrl } = await world.client.ask(connectionBegin, {
    attemptId: newAttemptId(),
    provider: name,
    browserBinding: BROWSER,
  });
  return new URL(authorizationUrl);
}

async function signIn(login: string) {
  provider.login = login;
  const person = new PersonAtBrowser(login);
  return await world.client.signIn({ acme: async (url) => await person.callbackQuery(url) });
}

async function logout(claims: Readonly<Record<string, unknown>>, name = 'acme') {
  const logoutToken = await provider.signed(logoutClaims(claims));
  const sealedToken = await world.client.sealForVault({ logoutToken });
  return await world.client.ask(providerLogout, { provider: name, sealedToken });
}

const connections = async (accountId: string) =>
  (await world.client.ask(connectionList, { accountId })).connections.map(({ provider: name }) => name);

// OpenID Connect Dynamic Client Registration 1.0, RFC 7591.
describe('a provider of OpenID Connect at which this gateway registers itself', () => {
  test('has it once over two replicas, for the algorithm that it signs with, and hears where to say that somebody signed out', async () => {
    const urls = await Promise.all(Array.from({ length: 12 }, () => begin()));
    expect(provider.clients).toMatchObject([
      {
        redirect_uris: ['http://localhost:4484/oauth/callback/acme'],
        token_endpoint_auth_method: 'client_secret_basic',
        id_token_signed_response_alg: 'ES256',
        backchannel_logout_uri: 'http://localhost:4484/oauth/backchannel-logout/acme',
      },
    ]);
    const ids = new Set(urls.map((url) => url.searchParams.get('client_id')));
    expect([...ids]).toEqual(provider.clients.map(({ client_id: id }) => id));
  });

  test('says in its id_tokens who two people are, and gives each of them tokens of their own', async () => {
    const [alice, bob] = [await signIn('alice'), await signIn('bob')];
    const tokens = [];
    for (const { tsid } of [alice, bob])
      tokens.push((await world.client.inject(tsid, 'directory')).accessToken);
    expect(new Set(tokens).size).toBe(2);
    const { rows } = await world.rows.query<{ subject: string }>({
      name: 'subjects',
      text: 'select subject from connections order by subject',
    });
    expect(rows.map(({ subject }) => subject)).toEqual(['alice', 'bob']);
    expect(provider.clients).toHaveLength(1);
  });

  test('renews a grant, and gets it back, as the client to which it was issued', async () => {
    const { tsid, accountId } = await signIn('alice');
    const before = await world.client.inject(tsid, 'directory');
    await world.expire(accountId);
    expect((await world.client.inject(tsid, 'directory')).accessToken).not.toBe(before.accessToken);
    const [client] = provider.clients;
    expect(provider.granted).toEqual(
      ['authorization_code', 'refresh_token'].map((grantType) => ({
        grantType,
        clientId: client?.client_id,
      })),
    );
    await world.client.ask(connectionRevoke, { accountId, provider: 'acme' });
    for (const replica of world.vault.replicas) replica.get(Outbox).wake();
    await until(() => provider.refreshTokens === 0);
  });

  test('that forgot the client gets a new one, once, and its people get links', async () => {
    const people = [await signIn('alice'), await signIn('bob')];
    provider.forgetClients();
    for (const { tsid, accountId } of people) {
      await world.expire(accountId);
      await expect(world.client.inject(tsid, 'directory')).rejects.toMatchObject({ code: 'reauth_required' });
    }
    await Promise.all(Array.from({ length: 8 }, () => begin()));
    expect(provider.clients).toHaveLength(1);
    const { tsid } = await signIn('alice');
    await world.client.inject(tsid, 'directory');
  });

  test('is registered at anew before the secret expires; a grant of before is renewed as the client of before', async () => {
    const { tsid, accountId } = await signIn('alice');
    const [first] = provider.clients;
    await world.rows.query({
      name: 'ends-soon',
      text: `update upstream_clients set registered_at = now() - interval '1 hour', secret_expires_at = now() + interval '5 minutes'`,
    });
    expect((await begin()).searchParams.get('client_id')).not.toBe(first?.client_id);
    expect(provider.clients).toHaveLength(2);
    await world.expire(accountId);
    await world.client.inject(tsid, 'directory');
    expect(provider.granted.at(-1)).toEqual({ grantType: 'refresh_token', clientId: first?.client_id });
  });

  test('that lets nobody in without its own token is told apart, and nothing of that token is in the log', async () => {
    await expect(begin('closed')).rejects.toMatchObject({ code: 'provider_misconfigured' });
    expect(log.lines.join('\n')).toContain('provider-registration-failed');
    expect(log.lines.join('\n')).not.toContain(INITIAL_ACCESS_TOKEN);
  });
});

describe('its logout tokens', () => {
  test('for the client that was registered end a person’s connection, and nobody else’s', async () => {
    const [alice, bob] = [await signIn('alice'), await signIn('bob')];
    const aud = provider.clients[0]?.client_id;
    expect(await logout({ sub: 'alice', aud })).toMatchObject({ outcome: 'accepted' });
    expect(await connections(alice.accountId)).toEqual([]);
    expect(await connections(bob.accountId)).toEqual(['acme']);
  });

  test('for the client of before still count', async () => {
    const { accountId } = await signIn('alice');
    const aud = provider.clients[0]?.client_id;
    await world.rows.query({
      name: 'ends-now',
      text: `update upstream_clients set registered_at = now() - interval '1 hour', secret_expires_at = now() + interval '5 minutes'`,
    });
    await begin();
    expect(await logout({ sub: 'alice', aud })).toMatchObject({ outcome: 'accepted' });
    expect(await connections(accountId)).toEqual([]);
  });

  test.each([
    ['another client', { aud: 'somebody-else' }],
    ['no client', { aud: '' }],
    ['a client among others, without saying which', { aud: ['one', 'two'] }],
  ])('attack: a logout token for %s, that the provider signed, ends nothing', async (_for, claims) => {
    const { accountId } = await signIn('alice');
    expect(await logout({ sub: 'alice', ...claims })).toMatchObject({
      outcome: 'refused',
      reason: 'wrong_audience',
    });
    expect(await connections(accountId)).toEqual(['acme']);
  });

  test('attack: the client that another provider registered is no audience of this one', async () => {
    const { accountId } = await signIn('alice');
    const aud = provider.clients[0]?.client_id;
    expect(await logout({ sub: 'alice', aud }, 'closed')).toMatchObject({ outcome: 'refused' });
    expect(await connections(accountId)).toEqual(['acme']);
  });
});
