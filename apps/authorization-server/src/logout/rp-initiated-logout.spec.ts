import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { signedJwt } from '../signing-keys/signed-jwt.js';
import { SigningKeys } from '../signing-keys/signing-keys.js';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { hiddenFields, pageName, type Answer, type TestBrowser } from '../testing/test-browser.js';
import { REDIRECT_URI, type TestService, type TokenAnswer } from '../testing/test-service.js';

/** Each module of the OpenID suite's plan for RP-initiated logout has its condition here; its name stands before the test. */

const BYE = 'https://app.example/bye';

let world: ServiceWorld;
let service: TestService;
let replica: TestService;

shareWorld(startServiceWorld, async (started) => {
  ({ service } = world = started);
  replica = await world.startAnother({ issuer: service.issuer });
});

let people = 0;

interface SignedIn {
  readonly clientId: string;
  readonly browser: TestBrowser;
  readonly answer: TokenAnswer;
  readonly hint: string;
}

async function signedIn(browser = service.browser()): Promise<SignedIn> {
  const clientId = await service.register({
    client_name: 'Leaving Client',
    post_logout_redirect_uris: [BYE, 'http://127.0.0.1/bye'],
  });
  const { url, verifier } = service.authorizeUrl(clientId);
  const result = await service.signIn(browser, url, `leaving-${(people += 1)}`);
  const answer = await service.redeem(clientId, result.get('code') ?? '', verifier);
  return { clientId, browser, answer, hint: answer.id_token ?? '' };
}

type Fields = Readonly<Record<string, string>>;

const endSession = (fields: Fields): string =>
  `${service.issuer}/oauth/end-session?${new URLSearchParams(fields).toString()}`;

const begin = async (browser: TestBrowser, fields: Fields): Promise<Answer> =>
  await browser.follow(await browser.get(endSession(fields)));

const isOpen = async ({ clientId, answer }: SignedIn): Promise<boolean> =>
  (await replica.refresh(clientId, answer.refresh_token ?? '')).status === 200;

/** What a client is told that asks without a page. */
async function silentError({ clientId, browser }: SignedIn): Promise<string | null> {
  const { location = '' } = await browser.get(service.authorizeUrl(clientId, { prompt: 'none' }).url);
  return new URL(location).searchParams.get('error');
}

const isInBrowser = async ({ browser }: SignedIn): Promise<boolean> =>
  pageName(await browser.get(`${service.issuer}/connections`)) === 'connections';

describe('a person whose client sends them to sign out', () => {
  // oidcc-rp-initiated-logout
  test('is asked, signed out of the client and the browser, and sent back with state', async () => {
    const person = await signedIn();
    const { clientId, browser, hint } = person;
    const client = await openid.discovery(new URL(service.issuer), clientId, undefined, openid.None(), {
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
      execute: [openid.allowInsecureRequests],
    });
    const url = openid.buildEndSessionUrl(client, {
      id_token_hint: hint,
      post_logout_redirect_uri: BYE,
      state: 'a&b=c d',
    });
    const page = await browser.follow(await browser.get(url.href));
    expect(pageName(page)).toBe('confirm-logout');
    expect(page.body).toContain('Leaving Client');
    // Nothing of the token stays in the address.
    expect(page.url).not.toContain(hint.split('.')[2]);
    const { location = '' } = await browser.decide(page, 'leave');
    expect(location.startsWith(`${BYE}?`)).toBe(true);
    expect([...new URL(location).searchParams]).toEqual([['state', 'a&b=c d']]);
    expect([await isOpen(person), await isInBrowser(person)]).toEqual([false, false]);
    expect(await silentError(person)).toBe('login_required');
  });

  // oidcc-rp-initiated-logout-no-state
  test('comes back to the URI as it was registered where there is no state', async () => {
    const { browser, hint } = await signedIn();
    const page = await begin(browser, { id_token_hint: hint, post_logout_redirect_uri: BYE });
    expect((await browser.decide(page, 'leave')).location).toBe(BYE);
  });

  test('comes back to any port of loopback (RFC 8252, section 7.3)', async () => {
    const { browser, hint } = await signedIn();
    const uri = 'http://127.0.0.1:51234/bye';
    const page = await begin(browser, { id_token_hint: hint, post_logout_redirect_uri: uri });
    expect((await browser.decide(page, 'leave')).location).toBe(uri);
  });

  // oidcc-rp-initiated-logout-no-post-logout-redirect-uri
  test('stays on a page that says so where there is no URI', async () => {
    const person = await signedIn();
    const page = await begin(person.browser, { id_token_hint: person.hint, state: 'x' });
    const done = await person.browser.decide(page, 'leave');
    expect([done.status, pageName(done)]).toEqual([200, 'logged-out']);
    expect([await isOpen(person), await isInBrowser(person)]).toEqual([false, false]);
  });

  // oidcc-rp-initiated-logout-no-params, -only-state
  test.each([{}, { state: 'x' }])('is asked where nobody says who sent them: %j', async (fields: Fields) => {
    const person = await signedIn();
    const page = await begin(person.browser, fields);
    expect(pageName(page)).toBe('confirm-logout');
    expect(pageName(await person.browser.decide(page, 'leave'))).toBe('logged-out');
    // No identity token named the client's session.
    expect([await isOpen(person), await isInBrowser(person)]).toEqual([true, false]);
  });

  // oidcc-rp-initiated-logout-no-id-token-hint
  test('is sent nowhere where nobody says whose URI it is', async () => {
    const { browser } = await signedIn();
    const page = await begin(browser, { post_logout_redirect_uri: BYE, state: 'x' });
    expect(pageName(await browser.decide(page, 'leave'))).toBe('logged-out');
  });

  test('is sent back by client_id, too; the client’s session is named by no one, and goes on', async () => {
    const person = await signedIn();
    const { browser, clientId } = person;
    const page = await begin(browser, { client_id: clientId, post_logout_redirect_uri: BYE });
    expect((await browser.decide(page, 'leave')).location).toBe(BYE);
    expect([await isOpen(person), await isInBrowser(person)]).toEqual([true, false]);
  });

  test('may stay', async () => {
    const person = await signedIn();
    const page = await begin(person.browser, { id_token_hint: person.hint, post_logout_redirect_uri: BYE });
    expect(pageName(await person.browser.decide(page, 'stay'))).toBe('connections');
    expect([await isOpen(person), await isInBrowser(person)]).toEqual([true, true]);
  });

  test('goes through at once where nobody is signed in', async () => {
    const { hint } = await signedIn();
    const page = await begin(service.browser(), {
      id_token_hint: hint,
      post_logout_redirect_uri: BYE,
      state: 's',
    });
    expect(page.location).toBe(`${BYE}?state=s`);
  });

  test('stays where nobody is signed in and no identity token says whose URI it is (open redirector)', async () => {
    const { clientId } = await signedIn();
    const page = await begin(service.browser(), { client_id: clientId, post_logout_redirect_uri: BYE });
    expect([page.location, pageName(page)]).toEqual([undefined, 'logged-out']);
  });

  test('goes through a replica that did not see the beginning', async () => {
    const person = await signedIn();
    const fields = { id_token_hint: person.hint, post_logout_redirect_uri: BYE };
    const { location = '' } = await person.browser.get(endSession(fields));
    const elsewhere = person.browser.through(replica.local);
    const page = await elsewhere.get(location);
    expect(pageName(page)).toBe('confirm-logout');
    const back = person.browser.through(service.local);
    expect((await back.decide(page, 'leave')).location).toBe(BYE);
    expect(await isOpen(person)).toBe(false);
  });

  test('sends a form as well, which brings no cookie from another site', async () => {
    const { browser, hint } = await signedIn();
    const answer = await fetch(`${service.local}/oauth/end-session`, {
      method: 'POST',
      body: new URLSearchParams({ id_token_hint: hint, post_logout_redirect_uri: BYE }),
      redirect: 'manual',
    });
    expect(answer.status).toBe(303);
    const page = await browser.get(answer.headers.get('location') ?? '');
    expect(pageName(page)).toBe('confirm-logout');
    expect((await browser.decide(page, 'leave')).location).toBe(BYE);
  });

  test('shows an identity token that has expired', async () => {
    const person = await signedIn();
    const key = service.app.get(SigningKeys).signing;
    const expired = await signedJwt(key, 'JWT', { ...decodeJwt(person.hint), iat: 1, exp: 2 });
    const page = await begin(person.browser, { id_token_hint: expired, post_logout_redirect_uri: BYE });
    expect((await person.browser.decide(page, 'leave')).location).toBe(BYE);
    expect(await isOpen(person)).toBe(false);
  });
});

describe('nobody is signed out (forced logout)', () => {
  test('by an address alone', async () => {
    const person = await signedIn();
    await begin(person.browser, { id_token_hint: person.hint, post_logout_redirect_uri: BYE });
    expect([await isOpen(person), await isInBrowser(person)]).toEqual([true, true]);
  });

  test('by a form of another site, which cannot have this browser’s token', async () => {
    const person = await signedIn();
    const page = await begin(person.browser, { id_token_hint: person.hint });
    const other = await signedIn();
    const ofOther = hiddenFields((await begin(other.browser, { id_token_hint: person.hint })).body);
    const own = hiddenFields(page.body);
    for (const csrf of ['', ofOther['csrf'] ?? '']) {
      const answer = await person.browser.post(`${service.issuer}/sign-out`, {
        ...own,
        csrf,
        decision: 'leave',
      });
      expect(answer.status).toBe(403);
    }
    expect([await isOpen(person), await isInBrowser(person)]).toEqual([true, true]);
  });

  test('whose identity token is shown in somebody else’s browser', async () => {
    const [owner, other] = [await signedIn(), await signedIn()];
    const page = await begin(other.browser, { id_token_hint: owner.hint, post_logout_redirect_uri: BYE });
    expect(page.body).not.toContain('and this browser out');
    await other.browser.decide(page, 'leave');
    expect([await isOpen(owner), await isInBrowser(owner), await isInBrowser(other)]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

// oidcc-rp-initiated-logout-bad-post-logout-redirect-uri, -query-added-to-post-logout-redirect-uri, -bad-id-token-hint,
// -modified-id-token-hint
describe('a page says what is wrong, and nobody is sent anywhere, with', () => {
  const changed = (hint: string): string => {
    const [head = '', body = '', signature = ''] = hint.split('.');
    return `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
  };
  const cases: readonly (readonly [string, (person: SignedIn) => Fields | [string, string][]])[] = [
    [
      'a URI that is not registered',
      ({ hint }) => ({ id_token_hint: hint, post_logout_redirect_uri: 'https://evil.example/bye' }),
    ],
    [
      'a query added to it',
      ({ hint }) => ({ id_token_hint: hint, post_logout_redirect_uri: `${BYE}?foo=bar` }),
    ],
    ['a redirect URI', ({ hint }) => ({ id_token_hint: hint, post_logout_redirect_uri: REDIRECT_URI })],
    [
      'a changed hint',
      ({ hint }) => ({ id_token_hint: changed(hint), post_logout_redirect_uri: BYE, state: 'x' }),
    ],
    ['a hint that is none', () => ({ id_token_hint: 'x', post_logout_redirect_uri: BYE })],
    [
      'an access token as the hint',
      ({ answer }) => ({ id_token_hint: answer.access_token ?? '', post_logout_redirect_uri: BYE }),
    ],
    [
      'a hint of another client',
      ({ hint }) => ({ id_token_hint: hint, client_id: 'another', post_logout_redirect_uri: BYE }),
    ],
    ['a client that is not known', () => ({ client_id: 'nobody', post_logout_redirect_uri: BYE })],
    [
      'two URIs',
      ({ hint }) => [
        ['id_token_hint', hint],
        ['post_logout_redirect_uri', BYE],
        ['post_logout_redirect_uri', 'https://evil.example/bye'],
      ],
    ],
    [
      'a state that no address holds',
      ({ hint }) => ({ id_token_hint: hint, post_logout_redirect_uri: BYE, state: 'x'.repeat(2_049) }),
    ],
  ];

  test.each(cases)('%s', async (_what, fields) => {
    const person = await signedIn();
    const query = new URLSearchParams(fields(person) as Record<string, string>).toString();
    const answer = await person.browser.get(`${service.issuer}/oauth/end-session?${query}`);
    expect([answer.status, answer.location, pageName(answer)]).toEqual([400, undefined, 'error']);
    expect([await isOpen(person), await isInBrowser(person)]).toEqual([true, true]);
  });

  test.each(['', 'x', 'e30.x', '../connections'])('a ticket that we did not issue: %s', async (ticket) => {
    const answer = await service.browser().get(`${service.issuer}/sign-out?for=${ticket}`);
    expect([answer.status, answer.location]).toEqual([400, undefined]);
  });
});

test.each([
  ['http anywhere', 'http://evil.example/bye'],
  ['a script', 'javascript:alert(1)'],
  ['a fragment', 'https://app.example/#bye'],
])('a client cannot register %s', async (_what, uri) => {
  const answer = await service.post('/oauth/register', {
    redirect_uris: [REDIRECT_URI],
    post_logout_redirect_uris: [uri],
  });
  expect(answer).toMatchObject({ error: 'invalid_client_metadata' });
});

test('the registration says which were registered, and the metadata of OpenID names the endpoint', async () => {
  const registered = await service.post('/oauth/register', {
    redirect_uris: [REDIRECT_URI],
    post_logout_redirect_uris: [BYE],
  });
  expect(registered).toMatchObject({ post_logout_redirect_uris: [BYE] });
  const metadata = async (name: string): Promise<unknown> =>
    await (await fetch(`${service.issuer}/.well-known/${name}`)).json();
  expect(await metadata('openid-configuration')).toMatchObject({
    end_session_endpoint: `${service.issuer}/oauth/end-session`,
  });
  expect(await metadata('oauth-authorization-server')).not.toHaveProperty('end_session_endpoint');
});

test('sid names the session: the same after a refresh, another one for each sign-in, and no id that opens anything', async () => {
  const browser = service.browser();
  const [first, second] = [await signedIn(browser), await signedIn()];
  const sid = (token: string | undefined): unknown => decodeJwt(token ?? '')['sid'];
  expect(sid(first.hint)).toMatch(/^[\w-]{43}$/);
  expect(sid(second.hint)).not.toBe(sid(first.hint));
  const renewed = await service.refresh(first.clientId, first.answer.refresh_token ?? '');
  expect(sid(renewed.id_token)).toBe(sid(first.hint));
  expect(sid(first.hint)).not.toBe(decodeJwt(first.answer.access_token ?? '')['tsid']);
});
