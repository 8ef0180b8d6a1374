import 'reflect-metadata';
import { afterEach, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { hiddenFields, pageName, type Answer, type TestBrowser } from '../testing/test-browser.js';
import type { TestService } from '../testing/test-service.js';

const CALLBACK = 'https://app.example/callback';

let world: ServiceWorld;
let service: TestService;

shareWorld(startServiceWorld, async (started) => {
  world = started;
  // Nothing is asked that need not be asked.
  service = await world.startAnother({ connectionReuse: 'always' });
});

interface Client {
  readonly clientId: string;
  readonly secret: string;
}

/** No other program can be this client, so that who approved it once is not asked again. */
async function assuredClient(): Promise<Client> {
  const registered = (await service.post('/oauth/register', {
    redirect_uris: [CALLBACK],
    client_name: 'Assured',
    token_endpoint_auth_method: 'client_secret_post',
  })) as { readonly client_id: string; readonly client_secret: string };
  return { clientId: registered.client_id, secret: registered.client_secret };
}

let people = 0;

interface Person extends Client {
  readonly login: string;
  readonly browser: TestBrowser;
}

interface SignedIn {
  readonly authTime: number;
  readonly pages: readonly (string | undefined)[];
  /** Providers that were visited, and whether each was told to ask afresh. */
  readonly visits: readonly { readonly provider: string; readonly fresh: boolean }[];
}

/** Walks an authorization request, and says what the person saw of it. */
async function signIn(person: Person, more: Readonly<Record<string, string>> = {}): Promise<SignedIn> {
  const { browser, clientId, secret, login } = person;
  const { url, verifier } = service.authorizeUrl(clientId, {
    redirect_uri: CALLBACK,
    scope: 'openid',
    max_age: '100000',
    ...more,
  });
  const begun = service.vault.begun.length;
  const pages: (string | undefined)[] = [];
  let at: Answer = await browser.follow(await browser.get(url));
  for (let steps = 0; at.location?.startsWith(CALLBACK) !== true; steps += 1) {
    if (steps > 8) throw new Error(`no end: ${at.status} ${at.url} ${at.body.slice(0, 300)}`);
    if (at.location === undefined) pages.push(pageName(at));
    at =
      at.location === undefined
        ? await browser.decide(at, at.body.includes('value="approve"') ? 'approve' : 'continue')
        : await service.answerLeg(browser, at, { code: `${new URL(at.location).hostname}-${login}` });
  }
  const code = new URL(at.location).searchParams.get('code');
  if (code === null) throw new Error(`no code: ${new URL(at.location).search}`);
  const answer = await service.token({
    grant_type: 'authorization_code',
    client_id: clientId,
    client_secret: secret,
    code,
    code_verifier: verifier,
    redirect_uri: CALLBACK,
  });
  const visits = service.vault.begun.slice(begun).map(({ provider, fresh }) => ({ provider, fresh }));
  return { authTime: Number(decodeJwt(answer.id_token ?? '')['auth_time']), pages, visits };
}

/** Somebody who signed in once, `ageSeconds` ago. */
async function signedInBefore(ageSeconds: number): Promise<{ person: Person; authTime: number }> {
  const person: Person = {
    ...(await assuredClient()),
    login: `person-${(people += 1)}`,
    browser: service.browser(),
  };
  const { authTime } = await signIn(person);
  await world.rows.query({
    name: 'age-session',
    text: `update oidc_records set payload = jsonb_set(payload, '{loginTs}', to_jsonb((payload->>'loginTs')::bigint - $1::int))
      where model = 'Session' and (payload->>'loginTs')::bigint = $2::bigint`,
    values: [ageSeconds, authTime],
  });
  return { person, authTime: authTime - ageSeconds };
}

const nowSeconds = (): number => Math.floor(Date.now() / 1_000);

describe('when a person proved who they are', () => {
  test('is told as it was, when the browser goes through without asking', async () => {
    const { person, authTime } = await signedInBefore(50);
    expect(await signIn(person, { max_age: '3600' })).toEqual({ authTime, pages: [], visits: [] });
    // And once more: going through does not make the proof newer.
    expect((await signIn(person, { max_age: '3600' })).authTime).toBe(authTime);
  });

  test('is too long ago for max_age: the primary provider is asked to ask again, and the new time is told', async () => {
    const { person, authTime } = await signedInBefore(2);
    const again = await signIn(person, { max_age: '1' });
    expect(again.visits).toContainEqual({ provider: 'acme-sso', fresh: true });
    expect(again.authTime).toBeGreaterThan(authTime);
    expect(nowSeconds() - again.authTime).toBeLessThan(60);
  });

  test.each<[string, Record<string, string>]>([
    ['max_age=0', { max_age: '0' }],
    ['prompt=login', { prompt: 'login' }],
    ['prompt=login consent', { prompt: 'login consent' }],
    ['prompt=select_account', { prompt: 'select_account' }],
  ])('does not count with %s: the primary provider is asked to ask again', async (_how, more) => {
    const { person, authTime } = await signedInBefore(50);
    const again = await signIn(person, more);
    expect(again.visits).toContainEqual({ provider: 'acme-sso', fresh: true });
    if (more['max_age'] !== '0') expect(again.authTime).toBeGreaterThan(authTime);
  });

  test('is not made newer by approving another client', async () => {
    const { person, authTime } = await signedInBefore(50);
    const other = { ...person, ...(await assuredClient()) };
    expect(await signIn(other)).toEqual({ authTime, pages: ['consent'], visits: [] });
  });

  test('is not made newer by "continue" on our own pages (a proof that nobody gave)', async () => {
    const { person, authTime } = await signedInBefore(50);
    await person.browser.get('/connections');
    expect((await signIn(person)).authTime).toBe(authTime);
  });
});

describe('a primary provider that says when the person signed in there', () => {
  afterEach(() => (service.vault.authenticatedAtMs = undefined));

  test('is believed: auth_time is not when they came back (a proof that nobody gave)', async () => {
    service.vault.authenticatedAtMs = Date.now() - 3_600_000;
    const person = {
      ...(await assuredClient()),
      login: `person-${(people += 1)}`,
      browser: service.browser(),
    };
    const { authTime } = await signIn(person);
    expect(authTime).toBe(Math.floor(service.vault.authenticatedAtMs / 1_000));
    // An hour is too long for the next one, so the provider is asked with the same `max_age`.
    service.vault.authenticatedAtMs = Date.now() - 5_000;
    const begun = service.vault.begun.length;
    const again = await signIn(person, { max_age: '600' });
    expect(again.authTime).toBe(Math.floor(service.vault.authenticatedAtMs / 1_000));
    expect(service.vault.begun.slice(begun)).toContainEqual(
      expect.objectContaining({ provider: 'acme-sso', fresh: true, maxAgeSeconds: 600 }),
    );
    for (const { provider, maxAgeSeconds } of service.vault.begun.slice(begun))
      if (provider !== 'acme-sso') expect(maxAgeSeconds).toBeUndefined();
  });

  test('a time to come is none', async () => {
    service.vault.authenticatedAtMs = Date.now() + 3_600_000;
    const person = {
      ...(await assuredClient()),
      login: `person-${(people += 1)}`,
      browser: service.browser(),
    };
    expect((await signIn(person)).authTime).toBeLessThanOrEqual(nowSeconds());
  });

  test('and that somebody got through without signing in there again, gets login_required to the client', async () => {
    service.vault.authenticatedAtMs = Date.now() - 3_600_000;
    const person = {
      ...(await assuredClient()),
      login: `person-${(people += 1)}`,
      browser: service.browser(),
    };
    await expect(signIn(person, { max_age: '600' })).rejects.toThrow(/login_required/);
  });
});

test('with max_age a page of somebody else in the same browser is not taken for the person', async () => {
  const { person } = await signedInBefore(50);
  const { url } = service.authorizeUrl(person.clientId, {
    redirect_uri: CALLBACK,
    scope: 'openid',
    max_age: '1',
  });
  const page = await person.browser.follow(await person.browser.get(url));
  // Nobody is named before they have proved who they are.
  expect(pageName(page)).toBe('consent');
  expect(page.body).not.toContain('Signed in as');
  expect(hiddenFields(page.body)['csrf']).toBeDefined();
});
