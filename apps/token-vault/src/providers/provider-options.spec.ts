import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { STANDARD_DIALECT, type ProviderDialect } from '@gatehouse/config/model/provider-dialect';
import type { ClientKey, UpstreamProvider } from '@gatehouse/config/model/upstream-provider';
import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import { newAttemptId } from '@gatehouse/kernel/ids';
import { Secret } from '@gatehouse/kernel/secret';
import { createLocalJWKSet, exportJWK, jwtVerify } from 'jose';
import { send } from '../testing/stub-provider.js';
import { BROWSER } from '../testing/vault-client.js';
import { oauth2Provider, oidcProvider } from '../testing/vault-config.js';
import { startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

type Provider = UpstreamProvider<Secret>;

const spoken = (name: string, issuer: string, dialect: Partial<ProviderDialect>): Provider => ({
  ...oauth2Provider(name, issuer),
  clientId: 'my-app_1.x',
  clientSecret: new Secret('se~cr-et_1'),
  dialect: { ...STANDARD_DIALECT, ...dialect },
});

const KEYS = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ec: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ed: generateKeyPairSync('ed25519'),
};

const keyOf = (kind: keyof typeof KEYS, audience: ClientKey<Secret>['audience']): ClientKey<Secret> => ({
  key: new Secret(KEYS[kind].privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
  id: kind,
  audience,
});

function keyed(kind: keyof typeof KEYS, issuer: string, audience: ClientKey<Secret>['audience']): Provider {
  const { clientSecret, ...rest } = oidcProvider(kind, issuer);
  expect(clientSecret).toBeDefined();
  return { ...rest, clientKey: keyOf(kind, audience), tokenEndpointAuthMethod: 'private_key_jwt' };
}

const providersAt = (issuer: string): readonly Provider[] => [
  spoken('standard', issuer, {}),
  spoken('plain', issuer, { basicCredentials: 'plain' }),
  {
    ...spoken('comma', issuer, { scopeSeparator: 'comma', scopeParameter: 'user_scope' }),
    scopes: ['a', 'b'],
  },
  spoken('json', issuer, { tokenRequestFormat: 'json', tokenRequestHeaders: { 'X-Version': '7' } }),
  spoken('scoped', issuer, { refreshScope: ['api://tickets/.default', 'offline_access'] }),
  spoken('mapped', issuer, {
    tokenResponseMapping: {
      accessToken: 'authed_user.access_token',
      refreshToken: 'authed_user.refresh_token',
    },
  }),
  spoken('unproven', issuer, { pkce: 'off' }),
  oauth2Provider('elsewhere', issuer, { refreshEndpoint: `${issuer}/refresh` }),
  keyed('rsa', issuer, 'issuer'),
  keyed('ec', issuer, 'tokenEndpoint'),
  keyed('ed', issuer, 'issuer'),
  oidcProvider('secretly', issuer, {
    protocol: { type: 'oidc', issuer, subjectClaim: 'sub', idTokenSignedWith: 'clientSecret' },
  }),
  oidcProvider('tenants', issuer, {
    protocol: {
      type: 'oidc',
      issuer,
      issuerTemplate: `${issuer}/{tenantid}/v2.0`,
      subjectClaim: 'sub',
      idTokenSignedWith: 'keySet',
    },
  }),
  oidcProvider('acme', issuer),
];

let world: VaultWorld;

beforeAll(async () => {
  world = await startVaultWorld({
    providers: ({ issuer }) => providersAt(issuer),
    backends: Object.fromEntries(
      ['standard', 'scoped', 'mapped', 'json', 'elsewhere', 'tenants', 'secretly'].map((providerName) => [
        `at-${providerName}`,
        { type: 'upstreamInject', providerName },
      ]),
    ),
  });
});
beforeEach(async () => {
  world.stub.reset();
  await world.clearLegs();
});
afterAll(() => world.close());

const leg = async (provider: string) => await world.client.leg(newAttemptId(), provider, world.as('alice'));
const authorizationUrl = async (provider: string) =>
  new URL(
    (
      await world.client.ask(connectionBegin, {
        attemptId: newAttemptId(),
        provider,
        browserBinding: BROWSER,
      })
    ).authorizationUrl,
  );

/** Signs in, and asks for a credential after the access token has expired. */
async function refreshed(provider: string) {
  const { tsid, accountId } = await world.client.signIn({ [provider]: world.as('alice') });
  await world.expire(accountId);
  return await world.client.inject(tsid, `at-${provider}`);
}

describe('the client’s credentials', () => {
  const basicOf = async (provider: string) => {
    expect(await leg(provider)).toMatchObject({ outcome: 'completed' });
    const { authorization = '' } = world.stub.tokenRequests[0]?.headers ?? {};
    return Buffer.from(authorization.replace('Basic ', ''), 'base64').toString();
  };

  test('are form-encoded, as RFC 6749 section 2.3.1 has it', async () => {
    expect(await basicOf('standard')).toBe('my%2Dapp%5F1%2Ex:se%7Ecr%2Det%5F1');
  });

  test('or plain, for a provider that does not decode them', async () => {
    expect(await basicOf('plain')).toBe('my-app_1.x:se~cr-et_1');
  });

  test.each(['rsa', 'ec', 'ed'] as const)(
    'are an assertion of its %s key, and no secret is sent',
    async (kind) => {
      expect(await leg(kind)).toMatchObject({ outcome: 'completed' });
      const [request] = world.stub.tokenRequests;
      expect(request?.headers.authorization).toBeUndefined();
      expect(request?.form.has('client_secret')).toBe(false);
      const jwk = { ...(await exportJWK(KEYS[kind].publicKey)), kid: kind };
      const { issuer } = world.stub;
      const { payload } = await jwtVerify(
        request?.form.get('client_assertion') ?? '',
        createLocalJWKSet({ keys: [jwk] }),
        { audience: kind === 'ec' ? `${issuer}/token` : issuer, issuer: 'gatehouse', subject: 'gatehouse' },
      );
      expect(payload.jti).toBeDefined();
    },
  );
});

describe('requests', () => {
  test('have their scopes in the parameter and with the separator that the provider knows', async () => {
    const { searchParams } = await authorizationUrl('comma');
    expect(searchParams.get('user_scope')).toBe('a,b');
    expect(searchParams.has('scope')).toBe(false);
  });

  test('have no PKCE at a provider that cannot do with it', async () => {
    expect((await authorizationUrl('unproven')).searchParams.has('code_challenge')).toBe(false);
    expect((await authorizationUrl('standard')).searchParams.get('code_challenge_method')).toBe('S256');
    expect(await leg('unproven')).toMatchObject({ outcome: 'completed' });
    expect(world.stub.tokenRequests[0]?.form.has('code_verifier')).toBe(false);
  });

  test('to the token endpoint are JSON where the provider wants that, with its headers', async () => {
    expect(await refreshed('json')).toBeDefined();
    expect(world.stub.tokenRequests.map(({ headers }) => headers['content-type'])).toEqual([
      'application/json',
      'application/json',
    ]);
    const [code, refresh] = world.stub.tokenRequests;
    expect(JSON.parse(code?.body ?? '')).toMatchObject({ grant_type: 'authorization_code' });
    expect(JSON.parse(refresh?.body ?? '')).toMatchObject({ grant_type: 'refresh_token' });
    expect(code?.headers['x-version']).toBe('7');
  });

  test('for a refresh name the scopes that are configured for it, and none otherwise', async () => {
    await refreshed('scoped');
    await refreshed('standard');
    const scopes = world.stub.tokenRequests
      .filter(({ form }) => form.get('grant_type') === 'refresh_token')
      .map(({ form }) => form.get('scope'));
    expect(scopes).toEqual(['api://tickets/.default offline_access', null]);
  });

  test('for a refresh go to the refresh endpoint where there is one of its own', async () => {
    expect(await refreshed('elsewhere')).toBeDefined();
    expect(world.stub.tokenRequests.map(({ path }) => path)).toEqual(['/token', '/refresh']);
  });
});

describe('a token answer with its tokens elsewhere', () => {
  const nested = (more: object = {}) =>
    world.stub.misbehave.set('token', (_request, response) =>
      send(response, 200, { ok: true, access_token: 'bot', authed_user: { id: 'U1', ...more } }),
    );

  test('is read there, and it is the person’s token that backends get', async () => {
    nested({ access_token: 'user', refresh_token: 'user-refresh' });
    world.stub.misbehave.set('userinfo', (_request, response) => send(response, 200, { id: 'stub-alice' }));
    const { tsid } = await world.client.signIn({ mapped: world.as('alice') });
    expect(await world.client.inject(tsid, 'at-mapped')).toMatchObject({ accessToken: 'user' });
  });

  test('and none there grants nothing: what came is given back (a bot’s token taken for the person’s)', async () => {
    nested();
    expect(await leg('mapped')).toMatchObject({ outcome: 'refused', reason: 'invalid_response' });
    expect(await world.revoked()).toEqual(['bot']);
  });

  test('that nobody mapped is refused, and given back too', async () => {
    world.stub.misbehave.set('token', (_request, response) =>
      send(response, 200, { ok: true, authed_user: { access_token: 'user' } }),
    );
    expect(await leg('standard')).toMatchObject({ outcome: 'refused', reason: 'invalid_response' });
    expect(await world.revoked()).toEqual(['user']);
  });
});

describe('an id_token that is signed with the client secret', () => {
  test('is accepted where the operator says so, at a refresh too', async () => {
    world.stub.idTokenSecret = 'stub-secret';
    expect(await refreshed('secretly')).toBeDefined();
  });

  test.each([
    ['another secret signed it', 'secretly', () => (world.stub.idTokenSecret = 'another-secret')],
    ['a published key signed it there', 'secretly', () => (world.stub.idTokenSecret = undefined)],
    [
      'the operator did not say so (algorithm confusion)',
      'acme',
      () => (world.stub.idTokenSecret = 'stub-secret'),
    ],
  ])('is refused where %s', async (_what, provider, bend) => {
    bend();
    expect(await leg(provider)).toMatchObject({ outcome: 'refused', reason: 'invalid_response' });
    expect(await world.revoked()).toHaveLength(1);
  });
});

describe('a provider of many tenants', () => {
  const TENANT = '6babcaad-604b-40ac-a9d7-9fd97c0b779f';
  const discoveryNames = (issuer: string) =>
    world.stub.misbehave.set('discovery', (_request, response) => {
      const at = world.stub.issuer;
      return send(response, 200, {
        issuer,
        authorization_endpoint: `${at}/authorize`,
        token_endpoint: `${at}/token`,
        jwks_uri: `${at}/jwks`,
        revocation_endpoint: `${at}/revoke`,
        id_token_signing_alg_values_supported: ['ES256'],
      });
    });
  const template = () => `${world.stub.issuer}/{tenantid}/v2.0`;
  const of = (iss: string, tid: string = TENANT) => {
    discoveryNames(template());
    world.stub.claims = { iss: template().replace('{tenantid}', iss), tid };
  };

  test('is known by its template, and each id_token by its own tenant', async () => {
    of(TENANT);
    expect(await refreshed('tenants')).toBeDefined();
  });

  test('and a key that speaks for another tenant alone signs nothing for this one (one key for all tenants)', async () => {
    const keysOf = (owner: string) =>
      world.stub.misbehave.set('jwks', (_request, response) =>
        send(response, 200, { keys: [{ ...world.stub.publicKey, issuer: owner }] }),
      );
    of(TENANT);
    await world.stub.changeKey();
    keysOf(template());
    expect(await leg('tenants')).toMatchObject({ outcome: 'completed' });
    await world.stub.changeKey();
    keysOf(template().replace('{tenantid}', '9188040d-6c67-4c5b-b112-36a304b66dad'));
    expect(await leg('tenants')).toMatchObject({ outcome: 'refused', reason: 'invalid_response' });
  });

  test.each([
    [
      'another tenant than its tid (one tenant speaks for another)',
      'aaaaaaaa-604b-40ac-a9d7-9fd97c0b779f',
      TENANT,
    ],
    ['the template itself', '{tenantid}', '{tenantid}'],
    ['no tenant that could be one', '../evil', '../evil'],
  ])('and an id_token that names %s is refused', async (_what, iss, tid) => {
    of(iss, tid);
    expect(await leg('tenants')).toMatchObject({ outcome: 'refused', reason: 'invalid_response' });
    expect(await world.revoked()).toHaveLength(1);
  });
});
