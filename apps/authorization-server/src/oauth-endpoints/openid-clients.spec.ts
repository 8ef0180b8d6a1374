import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import * as openid from 'openid-client';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';

/** An OpenID client that nobody here wrote. */

let world: ServiceWorld;
let service: TestService;

shareWorld(startServiceWorld, (started) => ({ service } = world = started));

// eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
const INSECURE = { execute: [openid.allowInsecureRequests, openid.enableNonRepudiationChecks] };

const registered = async (
  at: TestService,
  metadata: Readonly<Record<string, string>> = {},
): Promise<openid.Configuration> =>
  await openid.dynamicClientRegistration(
    new URL(at.issuer),
    { redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: 'none', ...metadata },
    openid.None(),
    INSECURE,
  );

let people = 0;

/** Signs somebody in; the client verifies everything, the signature of the identity token as well. */
async function signIn(at: TestService, client: openid.Configuration) {
  const [pkceCodeVerifier, state, nonce] = [
    openid.randomPKCECodeVerifier(),
    openid.randomState(),
    openid.randomNonce(),
  ];
  const url = openid.buildAuthorizationUrl(client, {
    redirect_uri: REDIRECT_URI,
    scope: 'openid offline_access',
    resource: at.config.resourceUrl,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  });
  const parameters = await at.signIn(at.browser(), url.href, `openid-${(people += 1)}`);
  return await openid.authorizationCodeGrant(client, new URL(`${REDIRECT_URI}?${parameters.toString()}`), {
    pkceCodeVerifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  });
}

describe('an identity token is signed as its client registered', () => {
  test.each(['RS256', 'ES256'])('%s', async (alg) => {
    const client = await registered(service, { id_token_signed_response_alg: alg });
    expect(client.clientMetadata()['id_token_signed_response_alg']).toBe(alg);
    const tokens = await signIn(service, client);
    expect(decodeProtectedHeader(tokens.id_token ?? '').alg).toBe(alg);
    // What backends verify does not depend on what the client wants.
    expect(decodeProtectedHeader(tokens.access_token)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    const renewed = await openid.refreshTokenGrant(client, tokens.refresh_token ?? '');
    expect(decodeProtectedHeader(renewed.id_token ?? '').alg).toBe(alg);
  });

  test.each(['none', 'HS256', 'PS256'])('%s is not there, and the answer says what is', async (alg) => {
    const client = await registered(service, { id_token_signed_response_alg: alg });
    expect(client.clientMetadata()).toMatchObject({ id_token_signed_response_alg: 'ES256' });
    expect(Object.keys(client.clientMetadata()).filter((member) => member.startsWith('asked'))).toEqual([]);
    expect(decodeProtectedHeader((await signIn(service, client)).id_token ?? '').alg).toBe('ES256');
  });

  test('also for a client of the configuration, which otherwise does not start', async () => {
    const clients = (idTokenSignedResponseAlg: 'RS256' | 'ES512') => ({
      ...service.config.clientRegistration,
      clients: [
        { clientId: 'desk', clientName: 'Desk', redirectUris: [REDIRECT_URI], idTokenSignedResponseAlg },
      ],
    });
    const another = await world.startAnother({ clientRegistration: clients('RS256') });
    const client = await openid.discovery(
      new URL(another.issuer),
      'desk',
      undefined,
      openid.None(),
      INSECURE,
    );
    expect(decodeProtectedHeader((await signIn(another, client)).id_token ?? '').alg).toBe('RS256');
    await another.close();
    await expect(world.startAnother({ clientRegistration: clients('ES512') })).rejects.toThrow(
      /desk wants ES512/,
    );
  });
});

describe('an installation that has one key', () => {
  test('keeps it, and gets the second one, the same at both replicas', async () => {
    const before = await registered(service);
    const { access_token: old } = await signIn(service, before);
    await world.rows.query({ name: 'one-key', text: `delete from signing_keys where alg = 'RS256'` });
    const { issuer } = service;
    const replicas = await Promise.all([world.startAnother({ issuer }), world.startAnother({ issuer })]);
    const keys = await Promise.all(
      replicas.map(async ({ local }) => await (await fetch(`${local}/.well-known/jwks.json`)).json()),
    );
    expect(keys[0]).toEqual(keys[1]);
    expect(keys[0]).toMatchObject({ keys: [{ alg: 'ES256' }, { alg: 'RS256' }] });
    const set = createRemoteJWKSet(new URL(`${replicas[0].local}/.well-known/jwks.json`));
    expect((await jwtVerify(old, set)).payload.iss).toBe(issuer);
    await Promise.all(replicas.map((replica) => replica.close()));
  });
});
