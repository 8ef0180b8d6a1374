import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as openid from 'openid-client';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';

/**
 * Conditions of the modules of the OpenID suite's plans Config OP and Basic OP that no other spec has. Its clients name no resource, and
 * have a secret.
 */

let service: TestService;

shareWorld(startServiceWorld, async (world) => {
  service = await world.startAnother({ resourceIndicator: 'optional' });
});

// eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
const INSECURE = { execute: [openid.allowInsecureRequests, openid.enableNonRepudiationChecks] };

let people = 0;

interface SignedIn {
  readonly client: openid.Configuration;
  readonly tokens: Awaited<ReturnType<typeof openid.authorizationCodeGrant>>;
}

async function signIn(
  parameters: Readonly<Record<string, string>>,
  authentication: 'client_secret_basic' | 'client_secret_post' = 'client_secret_basic',
): Promise<SignedIn> {
  const client = await openid.dynamicClientRegistration(
    new URL(service.issuer),
    { redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: authentication },
    authentication === 'client_secret_post' ? openid.ClientSecretPost() : openid.ClientSecretBasic(),
    INSECURE,
  );
  const [pkceCodeVerifier, state] = [openid.randomPKCECodeVerifier(), openid.randomState()];
  const url = openid.buildAuthorizationUrl(client, {
    redirect_uri: REDIRECT_URI,
    scope: 'openid',
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state,
    ...parameters,
  });
  const answer = await service.signIn(service.browser(), url.href, `suite-${(people += 1)}`);
  const { nonce: expectedNonce } = parameters;
  const tokens = await openid.authorizationCodeGrant(
    client,
    new URL(`${REDIRECT_URI}?${answer.toString()}`),
    {
      pkceCodeVerifier,
      expectedState: state,
      idTokenExpected: true,
      ...(expectedNonce === undefined ? {} : { expectedNonce }),
    },
  );
  return { client, tokens };
}

test('oidcc-discovery-endpoint-verification: what a provider has to say of itself (OpenID Connect Discovery, section 3)', async () => {
  const { issuer } = service;
  const response = await fetch(`${issuer}/.well-known/openid-configuration`);
  expect(response.headers.get('content-type')).toContain('application/json');
  const metadata = (await response.json()) as Readonly<Record<string, unknown>>;
  expect(metadata).toMatchObject({
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    userinfo_endpoint: `${issuer}/oauth/userinfo`,
    end_session_endpoint: `${issuer}/oauth/end-session`,
    registration_endpoint: `${issuer}/oauth/register`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    scopes_supported: expect.arrayContaining(['openid']),
    claims_supported: expect.arrayContaining(['sub', 'name', 'email']),
    id_token_signing_alg_values_supported: expect.arrayContaining(['RS256']),
  });
  const keys = (await (await fetch(String(metadata['jwks_uri']))).json()) as {
    readonly keys: readonly Readonly<Record<string, unknown>>[];
  };
  expect(keys.keys).toContainEqual(expect.objectContaining({ kty: 'RSA', alg: 'RS256', use: 'sig' }));
});

// OpenID Connect Core, section 3.1.2.1: what is not understood is ignored.
test.each<[string, Readonly<Record<string, string>>]>([
  ['oidcc-ensure-request-without-nonce-succeeds-for-code-flow', {}],
  ['oidcc-server', { nonce: 'a-nonce-of-the-suite' }],
  ['oidcc-display-page', { display: 'page' }],
  ['oidcc-display-popup', { display: 'popup' }],
  ['oidcc-login-hint', { login_hint: 'bob@example.com' }],
  ['oidcc-ui-locales', { ui_locales: 'se' }],
  ['oidcc-claims-locales', { claims_locales: 'se' }],
  ['oidcc-ensure-request-with-unknown-parameter-succeeds', { extra: 'foobar' }],
  ['oidcc-ensure-request-with-acr-values-succeeds', { acr_values: '1 2' }],
  ['oidcc-max-age-10000', { max_age: '10000' }],
  ['oidcc-prompt-login', { prompt: 'login' }],
])(
  '%s: a code, an identity token and the same person at the UserInfo endpoint',
  async (_module, parameters) => {
    const { client, tokens } = await signIn(parameters);
    const said = decodeJwt(tokens.id_token ?? '');
    expect(said).toMatchObject({
      iss: service.issuer,
      aud: client.clientMetadata().client_id,
      ...(parameters['nonce'] === undefined ? {} : { nonce: parameters['nonce'] }),
    });
    if (parameters['max_age'] !== undefined) expect(said['auth_time']).toEqual(expect.any(Number));
    expect(await openid.fetchUserInfo(client, tokens.access_token, String(said.sub))).toMatchObject({
      sub: said.sub,
    });
  },
);

test('oidcc-server-client-secret-post: the secret in the form', async () => {
  const { tokens } = await signIn({}, 'client_secret_post');
  expect(decodeProtectedHeader(tokens.id_token ?? '').alg).toBe('ES256');
});

test.each([
  ['profile', ['name', 'sub']],
  ['email', ['sub']],
])('oidcc-scope-%s: what is kept of the person', async (scope, members) => {
  const { client, tokens } = await signIn({ scope: `openid ${scope}` });
  const sub = String(decodeJwt(tokens.id_token ?? '').sub);
  const said = await openid.fetchUserInfo(client, tokens.access_token, sub);
  expect(Object.keys(said).sort()).toEqual(members);
});
