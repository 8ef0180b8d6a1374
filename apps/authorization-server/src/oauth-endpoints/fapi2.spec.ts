import 'reflect-metadata';
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { PublicJwk } from '@gatehouse/config/model/client-keys';
import { randomToken } from '@gatehouse/kernel/ids';
import { Secret } from '@gatehouse/kernel/secret';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as openid from 'openid-client';
import {
  asserted,
  authenticates,
  authorizationRequest,
  ClientKey,
  postForm,
} from '../testing/proving-client.js';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';

/** `authServer.securityProfile: fapi2` (FAPI 2.0 Security Profile, section 5.3.2). */

const FAPI2 = {
  securityProfile: 'fapi2',
  pushedAuthorizationRequests: 'required',
  dpop: { boundAccessTokens: 'required', nonces: 'optional' },
} as const;

let world: ServiceWorld;
let service: TestService;
let key: ClientKey;

const publicJwk = ({ publicJwk: { kty, kid, crv, x, y } }: ClientKey): PublicJwk => ({
  kty,
  ...(kid && { kid }),
  ...(crv && { crv }),
  ...(x && { x }),
  ...(y && { y }),
});

shareWorld(startServiceWorld, async (started) => {
  world = started;
  key = await ClientKey.make();
  const { clientRegistration } = world.service.config;
  service = await world.startAnother({
    requestProtection: FAPI2,
    clientRegistration: {
      ...clientRegistration,
      clients: [
        { clientId: 'bank', clientName: 'Bank', redirectUris: [REDIRECT_URI], jwks: [publicJwk(key)] },
      ],
    },
  });
});

const audience = (): string => service.issuer;
const pushing = async (
  change: Readonly<Record<string, string>> = {},
  claims: Readonly<Record<string, unknown>> = {},
) =>
  await postForm(service, '/oauth/par', {
    ...authorizationRequest(service, 'bank', randomToken(), change),
    ...asserted(await key.assertion('bank', audience(), claims)),
  });

test('a client that keeps to the profile gets through, and its tokens are bound', async () => {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
  const options = { execute: [openid.allowInsecureRequests, openid.enableNonRepudiationChecks] };
  const authentication = openid.PrivateKeyJwt({ key: key.privateKey, kid: key.publicJwk.kid ?? '' });
  const client = await openid.discovery(new URL(service.issuer), 'bank', undefined, authentication, options);
  const DPoP = openid.getDPoPHandle(client, await openid.randomDPoPKeyPair());
  const verifier = openid.randomPKCECodeVerifier();
  const url = await openid.buildAuthorizationUrlWithPAR(
    client,
    authorizationRequest(service, 'bank', verifier),
    { DPoP },
  );
  const end = await service.signIn(service.browser(), url.href, 'banker');
  // RFC 9207.
  expect(end.get('iss')).toBe(service.issuer);
  const tokens = await openid.authorizationCodeGrant(
    client,
    new URL(`${REDIRECT_URI}?${end.toString()}`),
    { pkceCodeVerifier: verifier, expectedState: 'client-state', idTokenExpected: true },
    undefined,
    { DPoP },
  );
  expect(tokens.token_type).toBe('dpop');
  expect(decodeProtectedHeader(tokens.id_token ?? '').alg).toBe('ES256');
  const renewed = await openid.refreshTokenGrant(client, tokens.refresh_token ?? '', undefined, { DPoP });
  expect(decodeJwt(renewed.access_token)['cnf']).toEqual({ jkt: await DPoP.calculateThumbprint() });
});

test('the metadata announces nothing else', async () => {
  const document = await (await fetch(`${service.local}/.well-known/openid-configuration`)).json();
  const algorithms = ['PS256', 'ES256', 'Ed25519', 'EdDSA'];
  expect(document).toMatchObject({
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: algorithms,
    request_object_signing_alg_values_supported: algorithms,
    dpop_signing_alg_values_supported: ['ES256', 'Ed25519', 'EdDSA'],
    id_token_signing_alg_values_supported: ['ES256'],
    require_pushed_authorization_requests: true,
    code_challenge_methods_supported: ['S256'],
    response_types_supported: ['code'],
    authorization_response_iss_parameter_supported: true,
  });
});

describe('others are refused', () => {
  test.each(['none', 'client_secret_basic', 'client_secret_post'])(
    'a client that registers with %s',
    async (method) => {
      expect(
        await service.post('/oauth/register', {
          redirect_uris: [REDIRECT_URI],
          token_endpoint_auth_method: method,
        }),
      ).toMatchObject({ error: 'invalid_client_metadata' });
    },
  );

  test('a public client that registered before the profile came', async () => {
    const clientId = await world.service.register();
    const { status } = await postForm(service, '/oauth/token', {
      grant_type: 'refresh_token',
      client_id: clientId,
      refresh_token: 'x',
    });
    expect(status).toBeGreaterThanOrEqual(400);
    const browser = service.browser();
    const answer = await browser.follow(await browser.get(service.authorizeUrl(clientId).url));
    expect([answer.status, answer.location]).toEqual([400, undefined]);
  });

  test('a request that is not pushed', async () => {
    const browser = service.browser();
    const answer = await browser.follow(await browser.get(service.authorizeUrl('bank').url));
    expect(new URL(answer.location ?? '').searchParams.get('error')).toBe('invalid_request');
  });

  test('a request without PKCE', async () => {
    const fields = Object.entries(authorizationRequest(service, 'bank', randomToken()));
    const without = Object.fromEntries(fields.filter(([name]) => !name.startsWith('code_challenge')));
    const assertion = asserted(await key.assertion('bank', audience()));
    expect(await postForm(service, '/oauth/par', { ...without, ...assertion })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
  });

  test('a code that comes without a proof, which is not used up', async () => {
    const verifier = randomToken();
    const pushed = await postForm(service, '/oauth/par', {
      ...authorizationRequest(service, 'bank', verifier),
      ...asserted(await key.assertion('bank', audience())),
    });
    const url = new URL('/oauth/authorize', service.issuer);
    url.searchParams.set('client_id', 'bank');
    url.searchParams.set('request_uri', String(pushed.body['request_uri']));
    const end = await service.signIn(service.browser(), url.href, 'banker-without');
    const redeem = async (headers: Readonly<Record<string, string>>) =>
      await postForm(
        service,
        '/oauth/token',
        {
          grant_type: 'authorization_code',
          code: end.get('code') ?? '',
          code_verifier: verifier,
          redirect_uri: REDIRECT_URI,
          ...asserted(await key.assertion('bank', audience())),
        },
        headers,
      );
    expect(await redeem({})).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    const dpop = await key.proof(`${service.issuer}/oauth/token`);
    expect((await redeem({ dpop })).status).toBe(200);
  });

  test.each<[string, () => unknown]>([
    ['the token endpoint', () => `${service.issuer}/oauth/token`],
    ['a list', () => [service.issuer]],
  ])('an assertion for %s and not for the issuer', async (_what, aud) => {
    expect(await authenticates(service, asserted(await key.assertion('bank', aud())))).toBe(false);
    expect(await authenticates(service, asserted(await key.assertion('bank', audience())))).toBe(true);
  });

  test('an answer in another way than in the query', async () => {
    expect((await pushing({ response_mode: 'fragment' })).status).toBe(400);
    expect((await pushing()).status).toBe(201);
  });

  test('an assertion that is signed with RS256, and one with PS256 is taken', async () => {
    const [rs, ps] = [await ClientKey.make('RS256'), await ClientKey.make('PS256')];
    const register = async (own: ClientKey): Promise<string> =>
      await service.register({
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [own.publicJwk] },
      });
    expect(await authenticates(service, asserted(await rs.assertion(await register(rs), audience())))).toBe(
      false,
    );
    expect(await authenticates(service, asserted(await ps.assertion(await register(ps), audience())))).toBe(
      true,
    );
  });

  test('a server whose first signing key is for RS256: it does not start', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const pem = new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    await expect(world.startAnother({ requestProtection: FAPI2, signingKeys: [pem] })).rejects.toThrow(
      /fapi2.*P-256 or Ed25519/,
    );
  });
});
