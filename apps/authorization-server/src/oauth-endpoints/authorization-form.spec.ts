import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import { pageName } from '../testing/test-browser.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';

let service: TestService;

shareWorld(startServiceWorld, (started) => ({ service } = started));

const fieldsOf = (clientId: string, more: Readonly<Record<string, string>> = {}): Record<string, string> =>
  Object.fromEntries(new URL(service.authorizeUrl(clientId, more).url).searchParams);

/** As a browser posts a form of another site: without any `Lax` cookie (RFC 6265bis, section 5.5). */
const postFromElsewhere = async (
  body: URLSearchParams | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> =>
  await fetch(`${service.issuer}/oauth/authorize?client_id=of-the-address`, {
    method: 'POST',
    redirect: 'manual',
    body,
    headers,
  });

test('an authorization request can be posted (OpenID Connect Core, section 3.1.2.1)', async () => {
  const fields = fieldsOf(await service.register());
  const response = await postFromElsewhere(new URLSearchParams(fields));
  expect([response.status, response.headers.get('cache-control')]).toEqual([303, 'no-store']);
  const location = new URL(response.headers.get('location') ?? '');
  expect(location.origin + location.pathname).toBe(`${service.issuer}/oauth/authorize`);
  expect(Object.fromEntries(location.searchParams)).toEqual(fields);
  const result = await service.signIn(service.browser(), location.href, 'poster');
  expect(result.get('code')).toBeTruthy();
});

test('whoever is signed in in the browser is known, although the form came from another site', async () => {
  const browser = service.browser();
  const clientId = await service.register();
  await service.signIn(browser, service.authorizeUrl(clientId).url, 'known');
  const response = await postFromElsewhere(new URLSearchParams(fieldsOf(clientId)));
  const page = await browser.follow(await browser.get(response.headers.get('location') ?? ''));
  expect(page.body).toContain('known');
});

test.each([
  [
    'a redirect URI of somebody else (open redirector)',
    { redirect_uri: 'https://evil.example/callback' },
    'error',
  ],
  ['an unknown client', { client_id: 'nobody' }, 'error'],
])('%s gets a page, and no way out', async (_what, wrong, page) => {
  const response = await postFromElsewhere(new URLSearchParams(fieldsOf(await service.register(), wrong)), {
    'x-forwarded-host': 'evil.example',
  });
  const location = response.headers.get('location') ?? '';
  expect(location.startsWith(`${service.issuer}/oauth/authorize?`)).toBe(true);
  const answer = await service.browser().get(location);
  expect([answer.status, answer.location, pageName(answer)]).toEqual([400, undefined, page]);
});

test('what is refused with a GET is refused: PKCE, resource', async () => {
  const fields = new URLSearchParams(fieldsOf(await service.register()));
  fields.delete('code_challenge');
  const response = await postFromElsewhere(fields);
  const answer = await service.browser().get(response.headers.get('location') ?? '');
  expect(answer.location?.startsWith(REDIRECT_URI)).toBe(true);
  expect(new URL(answer.location ?? '').searchParams.get('error')).toBe('invalid_request');
});

test('a secret that a client posts by mistake does not come into an address', async () => {
  const response = await postFromElsewhere(
    new URLSearchParams({
      ...fieldsOf('x'),
      client_secret: 'hunter2',
      code_verifier: 'hunter3',
      password: 'hunter4',
    }),
  );
  expect(response.headers.get('location')).not.toMatch(/hunter/);
});

test('a parameter that comes twice is refused as with a GET', async () => {
  const body = new URLSearchParams(fieldsOf(await service.register()));
  body.append('state', 'another');
  const response = await postFromElsewhere(body);
  const answer = await service.browser().get(response.headers.get('location') ?? '');
  expect(answer.location ?? answer.body).toMatch(/invalid_request/);
});

test.each<[string, URLSearchParams | string, Readonly<Record<string, string>>]>([
  ['no form', '{"client_id":"x"}', { 'content-type': 'application/json' }],
  ['a form that no address can hold', new URLSearchParams({ state: 'x'.repeat(9_000) }), {}],
])('%s is a page', async (_what, body, headers) => {
  const response = await postFromElsewhere(body, headers);
  expect([response.status, response.headers.get('location')]).toEqual([400, null]);
  expect(await response.text()).toContain('data-page="error"');
});
