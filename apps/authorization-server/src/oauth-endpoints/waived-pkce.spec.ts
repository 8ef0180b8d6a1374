import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { Secret } from '@gatehouse/kernel/secret';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';

const SECRET = 'a-secret-of-a-client-of-the-configuration';
const client = { clientName: 'Desk', redirectUris: [REDIRECT_URI] };

let service: TestService;

shareWorld(startServiceWorld, async (world) => {
  const { clientRegistration } = world.service.config;
  service = await world.startAnother({
    clientRegistration: {
      ...clientRegistration,
      clients: [
        { ...client, clientId: 'old', clientSecret: new Secret(SECRET), pkce: 'optional' },
        { ...client, clientId: 'usual', clientSecret: new Secret(SECRET) },
        // The rules of the configuration refuse it; were they not asked, it is held to PKCE all the same.
        { ...client, clientId: 'public', pkce: 'optional' },
      ],
    },
  });
});

const WITHOUT = { code_challenge: undefined, code_challenge_method: undefined };

test('a client with a secret whose configuration says so signs in without PKCE', async () => {
  const end = await service.signIn(
    service.browser(),
    service.authorizeUrl('old', WITHOUT).url,
    'without-pkce',
  );
  const fields = {
    grant_type: 'authorization_code',
    code: end.get('code') ?? '',
    redirect_uri: REDIRECT_URI,
    client_id: 'old',
  };
  expect((await service.token(fields)).error).toBe('invalid_client');
  const headers = { authorization: `Basic ${Buffer.from(`old:${SECRET}`).toString('base64')}` };
  const answer = await fetch(`${service.local}/oauth/token`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(fields),
  });
  expect(answer.status).toBe(200);
});

test('one that used PKCE is held to it (downgrade)', async () => {
  const { url } = service.authorizeUrl('old');
  const end = await service.signIn(service.browser(), url, 'with-pkce');
  const answer = await fetch(`${service.local}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`old:${SECRET}`).toString('base64')}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: end.get('code') ?? '',
      redirect_uri: REDIRECT_URI,
    }),
  });
  expect(await answer.json()).toMatchObject({ error: 'invalid_grant' });
});

test.each(['usual', 'public'])(
  '%s: a client that does not say so, or has no secret, is refused',
  async (clientId) => {
    const browser = service.browser();
    const answer = await browser.follow(await browser.get(service.authorizeUrl(clientId, WITHOUT).url));
    expect(new URL(answer.location ?? '').searchParams.get('error')).toBe('invalid_request');
  },
);

test('a client that registers cannot waive it', async () => {
  const clientId = await service.register({
    pkce: 'optional',
    token_endpoint_auth_method: 'client_secret_basic',
  });
  const browser = service.browser();
  const answer = await browser.follow(await browser.get(service.authorizeUrl(clientId, WITHOUT).url));
  expect(new URL(answer.location ?? '').searchParams.get('error')).toBe('invalid_request');
});
