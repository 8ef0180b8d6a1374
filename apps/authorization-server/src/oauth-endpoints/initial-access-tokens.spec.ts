import 'reflect-metadata';
import { Secret } from '@gatehouse/kernel/secret';
import { describe, expect, test } from '@jest/globals';
import * as openid from 'openid-client';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';

const INITIAL = 'initial-access-token-of-thirty-two-characters';

let closed: TestService;

shareWorld(startServiceWorld, async (world) => {
  const { clientRegistration } = world.service.config;
  closed = await world.startAnother({
    clientRegistration: {
      ...clientRegistration,
      dynamic: 'initialAccessToken',
      initialAccessToken: new Secret(INITIAL),
    },
  });
});

const register = async (headers: Readonly<Record<string, string>>, metadata: unknown, query = '') =>
  await fetch(`${closed.local}/oauth/register${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(metadata),
  });

const METADATA = { redirect_uris: [REDIRECT_URI] };

// RFC 7591, section 3.
describe('where registration needs an initial access token', () => {
  test('a client that has it registers, also one that nobody here wrote', async () => {
    const client = await openid.dynamicClientRegistration(new URL(closed.issuer), METADATA, openid.None(), {
      initialAccessToken: INITIAL,
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
      execute: [openid.allowInsecureRequests],
    });
    expect(client.clientMetadata().client_id).toEqual(expect.any(String));
  });

  test('whoever shows nothing is told how to, and no error in the challenge', async () => {
    const response = await register({}, METADATA);
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer realm="${closed.issuer}"`,
    ]);
  });

  test.each([
    ['a guess', 'Bearer guess'],
    ['its beginning', `Bearer ${INITIAL.slice(0, -1)}`],
    ['more than it', `Bearer ${INITIAL}x`],
    ['another scheme', `DPoP ${INITIAL}`],
  ])('attack: %s does not register', async (_what, authorization) => {
    const response = await register({ authorization }, METADATA);
    expect([response.status, await response.json()]).toMatchObject([401, { error: 'invalid_token' }]);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer realm=".*", error="invalid_token"/);
  });

  test('attack: without it nobody learns what would be registered', async () => {
    const response = await register({ authorization: 'Bearer guess' }, { redirect_uris: ['javascript:x'] });
    expect(response.status).toBe(401);
  });

  test('attack: it is not taken from an address, which is kept in logs', async () => {
    expect((await register({}, METADATA, `?access_token=${INITIAL}`)).status).toBe(401);
  });
});
