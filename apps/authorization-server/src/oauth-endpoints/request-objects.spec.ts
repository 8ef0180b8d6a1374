import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { randomToken } from '@gatehouse/kernel/ids';
import { UnsecuredJWT } from 'jose';
import { authorizationRequest, ClientKey, postForm } from '../testing/proving-client.js';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import { pageName, type Answer } from '../testing/test-browser.js';
import type { TestService } from '../testing/test-service.js';
import { SILENT } from './silent-requests.js';

/** Signed authorization requests (RFC 9101). */

let service: TestService;
let key: ClientKey;
let clientId: string;

shareWorld(startServiceWorld, async (world) => {
  ({ service } = world);
  key = await ClientKey.make();
  clientId = await service.register({
    require_signed_request_object: true,
    jwks: { keys: [key.publicJwk] },
  });
});

const now = (ahead: number): number => Math.floor(Date.now() / 1_000) + ahead;

const claims = (verifier: string, change: Readonly<Record<string, unknown>> = {}) => ({
  ...authorizationRequest(service, clientId, verifier),
  iss: clientId,
  aud: service.issuer,
  exp: now(60),
  ...change,
});

const TYPE = { typ: 'oauth-authz-req+jwt' };

function withRequest(request: string, beside: Readonly<Record<string, string>> = {}): string {
  const url = new URL('/oauth/authorize', service.issuer);
  for (const [name, value] of Object.entries({ client_id: clientId, request, ...beside }))
    url.searchParams.set(name, value);
  return url.href;
}

async function answerTo(url: string): Promise<Answer> {
  const browser = service.browser();
  return await browser.follow(await browser.get(url));
}

test('a client signs what it asks for, and what stands beside it counts for nothing', async () => {
  const verifier = randomToken();
  const request = await key.signed(claims(verifier), TYPE);
  const url = withRequest(request, { scope: 'openid profile email', redirect_uri: 'https://evil.example/' });
  // A redirect URI beside it that could be nobody's is refused before anybody reads the object.
  const end = await service.signIn(service.browser(), url.replace(/&redirect_uri=[^&]*/, ''), 'signer');
  const tokens = await service.redeem(clientId, end.get('code') ?? '', verifier);
  expect([tokens.status, tokens.scope, end.get('state')]).toEqual([
    200,
    expect.stringContaining('openid'),
    'client-state',
  ]);
  expect(tokens.scope).not.toContain('email');
});

test('a signed request can be pushed', async () => {
  const verifier = randomToken();
  const request = await key.signed(claims(verifier), TYPE);
  const { status, body } = await postForm(service, '/oauth/par', { client_id: clientId, request });
  expect(status).toBe(201);
  const url = new URL('/oauth/authorize', service.issuer);
  url.searchParams.set('client_id', clientId);
  url.searchParams.set('request_uri', String(body['request_uri']));
  const end = await service.signIn(service.browser(), url.href, 'pushing-signer');
  expect((await service.redeem(clientId, end.get('code') ?? '', verifier)).status).toBe(200);
});

describe('an attack with a request object', () => {
  test.each<[string, () => Promise<string> | string]>([
    ['that nobody signed', () => new UnsecuredJWT(claims(randomToken())).encode()],
    [
      'that somebody else signed',
      async () => await (await ClientKey.make()).signed(claims(randomToken()), TYPE),
    ],
    [
      'for another server',
      async () => await key.signed(claims(randomToken(), { aud: 'https://other.example' })),
    ],
    ['of another client', async () => await key.signed(claims(randomToken(), { iss: 'other' }))],
    [
      'that names another client',
      async () => await key.signed(claims(randomToken(), { client_id: 'other' })),
    ],
    ['that has expired', async () => await key.signed(claims(randomToken(), { exp: now(-120) }))],
    ['that is an assertion', async () => await key.signed(claims(randomToken(), { sub: clientId }))],
    ['with another object in it', async () => await key.signed(claims(randomToken(), { request: 'x' }))],
    [
      'that sends the code somewhere else',
      async () => await key.signed(claims(randomToken(), { redirect_uri: 'https://evil.example/' })),
    ],
    ['without PKCE', async () => await key.signed(claims(randomToken(), { code_challenge: undefined }))],
    [
      'that wants its answer in a form',
      async () => await key.signed(claims(randomToken(), { response_mode: 'form_post' })),
    ],
    [
      'that wants its answer in the fragment',
      async () => await key.signed(claims(randomToken(), { response_mode: 'fragment' })),
    ],
    [
      'with a mark that is ours alone',
      async () => await key.signed(claims(randomToken(), { [SILENT]: '1' })),
    ],
    ['that is none', () => 'x'],
  ])('one %s is refused', async (_attack, make) => {
    const answer = await answerTo(withRequest(await make()));
    expect(pageName(answer)).not.toBe('consent');
    expect(answer.location ?? '').not.toMatch(/[?&#]code=/);
    expect(answer.location ?? '').not.toContain('#');
    expect(answer.body).not.toContain('<form method="post" action="http://127.0.0.1');
  });

  test('a request that is not signed is refused for a client that always signs', async () => {
    const answer = await answerTo(service.authorizeUrl(clientId).url);
    expect(new URL(answer.location ?? '').searchParams.get('error')).toBe('invalid_request');
  });
});
