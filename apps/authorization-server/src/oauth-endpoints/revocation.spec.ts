import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { REDIRECT_URI, type TestService, type TokenAnswer } from '../testing/test-service.js';

let world: ServiceWorld;
let service: TestService;
let replica: TestService;

shareWorld(startServiceWorld, async (started) => {
  ({ service } = world = started);
  replica = await world.startAnother({ issuer: service.issuer });
});

// eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
const INSECURE = { execute: [openid.allowInsecureRequests] };

interface Confidential {
  readonly client: openid.Configuration;
  readonly id: string;
  readonly secret: string;
}

async function confidential(): Promise<Confidential> {
  const client = await openid.dynamicClientRegistration(
    new URL(service.issuer),
    { redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: 'client_secret_basic' },
    undefined,
    INSECURE,
  );
  const { client_id: id, client_secret: secret } = client.clientMetadata();
  return { client, id, secret: secret ?? '' };
}

let people = 0;

async function signedIn({ id, secret }: Confidential): Promise<TokenAnswer> {
  const { url, verifier } = service.authorizeUrl(id);
  const result = await service.signIn(service.browser(), url, `revoker-${(people += 1)}`);
  const response = await ask(
    service,
    'token',
    {
      grant_type: 'authorization_code',
      code: result.get('code') ?? '',
      code_verifier: verifier,
      redirect_uri: REDIRECT_URI,
    },
    basic(id, secret),
  );
  return { ...((await response.json()) as TokenAnswer), status: response.status };
}

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});

const ask = async (
  at: TestService,
  endpoint: 'token' | 'revoke',
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> =>
  await fetch(`${at.local}/oauth/${endpoint}`, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers,
  });

const isOpen = async (client: Confidential, { refresh_token: token = '' }: TokenAnswer): Promise<boolean> => {
  const fields = { grant_type: 'refresh_token', refresh_token: token };
  return (await ask(replica, 'token', fields, basic(client.id, client.secret))).status === 200;
};

// RFC 7009, section 2.1.
describe('a client revokes an access token', () => {
  test('and its session is over, at every replica, without the refresh token', async () => {
    const client = await confidential();
    const answer = await signedIn(client);
    await openid.tokenRevocation(client.client, answer.access_token ?? '', {
      token_type_hint: 'access_token',
    });
    expect(await isOpen(client, answer)).toBe(false);
    // Once more is the same (section 2.2).
    await openid.tokenRevocation(client.client, answer.access_token ?? '');
  });

  test('of its own alone: another client’s is answered the same and lives (denial of service)', async () => {
    const [owner, other] = [await confidential(), await confidential()];
    const answer = await signedIn(owner);
    await openid.tokenRevocation(other.client, answer.access_token ?? '');
    expect(await isOpen(owner, answer)).toBe(true);
  });

  test('and no other JWT: one that is changed, an id_token, a stranger’s', async () => {
    const client = await confidential();
    const answer = await signedIn(client);
    const [head = '', body = '', signature = ''] = (answer.access_token ?? '').split('.');
    const unsigned = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url');
    for (const token of [
      `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
      `${unsigned}.${body}.`,
      answer.id_token ?? 'e30.e30.e30',
    ])
      expect((await ask(service, 'revoke', { token }, basic(client.id, client.secret))).status).toBe(200);
    expect(await isOpen(client, answer)).toBe(true);
  });

  test('and has to prove itself', async () => {
    const client = await confidential();
    const answer = await signedIn(client);
    const token = answer.access_token ?? '';
    const wrong = await ask(service, 'revoke', { token }, basic(client.id, 'wrong'));
    expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringMatching(/^Basic /),
    ]);
    expect((await ask(service, 'revoke', { token, client_id: client.id })).status).toBe(401);
    expect(await isOpen(client, answer)).toBe(true);
  });
});

test.each(['token', 'revoke'] as const)(
  'no client at all is invalid_client at /oauth/%s (RFC 6749, section 5.2)',
  async (endpoint) => {
    const response = await ask(service, endpoint, {
      grant_type: 'refresh_token',
      refresh_token: 'x',
      token: 'x',
    });
    expect([response.status, await response.json()]).toMatchObject([401, { error: 'invalid_client' }]);
  },
);

test('the metadata names those claims that identity tokens have', async () => {
  const response = await fetch(`${service.issuer}/.well-known/openid-configuration`);
  const { claims_supported: claims } = (await response.json()) as {
    readonly claims_supported: readonly string[];
  };
  const { id_token: token = '' } = await signedIn(await confidential());
  expect(claims).toEqual(expect.arrayContaining(['auth_time', 'sid', 'sub']));
  expect(decodeJwt(token)).toMatchObject({ sid: expect.any(String), sub: expect.any(String) });
});
