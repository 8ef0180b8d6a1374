import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { pageName, type Answer, type TestBrowser } from '../testing/test-browser.js';
import type { TestService, TokenAnswer } from '../testing/test-service.js';

const CALLBACK = 'https://app.example/callback';

let world: ServiceWorld;
let service: TestService;
let replica: TestService;

shareWorld(startServiceWorld, async (started) => {
  world = started;
  service = await world.startAnother({ connectionReuse: 'always' });
  replica = await world.startAnother({ issuer: service.issuer, connectionReuse: 'always' });
});

interface Client {
  readonly clientId: string;
  readonly secret: string;
}

/** No other program can be this client. */
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

type Fields = Readonly<Record<string, string | undefined>>;

const authorize = (clientId: string, more: Fields = {}) =>
  service.authorizeUrl(clientId, { redirect_uri: CALLBACK, scope: 'openid offline_access', ...more });

async function redeem({ clientId, secret }: Client, code: string, verifier: string): Promise<TokenAnswer> {
  return await service.token({
    grant_type: 'authorization_code',
    client_id: clientId,
    client_secret: secret,
    code,
    code_verifier: verifier,
    redirect_uri: CALLBACK,
  });
}

/** Somebody who approved the client, and connected what it needs. */
async function signedIn(
  client?: Client,
  browser = service.browser(),
): Promise<{ person: Person; first: TokenAnswer }> {
  const person = { ...(client ?? (await assuredClient())), login: `silent-${(people += 1)}`, browser };
  const { url, verifier } = authorize(person.clientId);
  let at: Answer = await browser.follow(await browser.get(url));
  for (let steps = 0; at.location?.startsWith(CALLBACK) !== true; steps += 1) {
    if (steps > 8) throw new Error(`no end: ${at.status} ${at.url}`);
    at =
      at.location === undefined
        ? await browser.decide(at, at.body.includes('value="approve"') ? 'approve' : 'continue')
        : await service.answerLeg(browser, at, {
            code: `${new URL(at.location).hostname}-${person.login}`,
          });
  }
  const code = new URL(at.location).searchParams.get('code') ?? '';
  return { person, first: await redeem(person, code, verifier) };
}

interface Silent {
  readonly error: string | null;
  readonly code: string | null;
  readonly state: string | null;
  readonly verifier: string;
}

/** Everything that happens without a page; a page is an error of this test. */
async function silently({ clientId, browser }: Person, more: Fields = {}): Promise<Silent> {
  const { url, verifier } = authorize(clientId, { prompt: 'none', ...more });
  const { location = '', status, body } = await browser.follow(await browser.get(url));
  if (!location.startsWith(more['redirect_uri'] ?? CALLBACK))
    throw new Error(`no answer to the client: ${status} ${location} ${body.slice(0, 200)}`);
  const { searchParams } = new URL(location);
  const get = (name: string) => searchParams.get(name);
  return { error: get('error'), code: get('code'), state: get('state'), verifier };
}

// OpenID Connect Core, section 3.1.2.1: the module oidcc-prompt-none-logged-in.
describe('prompt=none goes through where nothing has to be asked', () => {
  test('with a session of its own, the account and the time of before, at any replica', async () => {
    const { person, first } = await signedIn();
    const through = { ...person, browser: person.browser.through(replica.local) };
    const { code, verifier, state } = await silently(through, {
      id_token_hint: first.id_token,
      max_age: '3600',
    });
    expect(state).toBe('client-state');
    const answer = await redeem(person, code ?? '', verifier);
    const [before, now] = [decodeJwt(first.id_token ?? ''), decodeJwt(answer.id_token ?? '')];
    expect(now.sub).toBe(before.sub);
    expect(now['sid']).not.toBe(before['sid']);
    // Both go on: neither of them takes the other one's place.
    for (const { refresh_token: token = '' } of [first, answer]) {
      const fields = { client_id: person.clientId, client_secret: person.secret };
      expect(
        (await service.token({ grant_type: 'refresh_token', refresh_token: token, ...fields })).status,
      ).toBe(200);
    }
  });

  test('and the person sees no page, and no provider', async () => {
    const { person } = await signedIn();
    const begun = service.vault.begun.length;
    expect((await silently(person)).error).toBeNull();
    expect(service.vault.begun.length).toBe(begun);
  });
});

// OpenID Connect Core, section 3.1.2.6: the module oidcc-prompt-none-not-logged-in, and each other refusal.
describe('prompt=none is refused', () => {
  test('login_required: nobody is signed in in this browser', async () => {
    const { person } = await signedIn();
    expect((await silently({ ...person, browser: service.browser() })).error).toBe('login_required');
  });

  test('login_required: the person signed in longer ago than max_age', async () => {
    const { person } = await signedIn();
    await world.rows.query({
      name: 'age-session',
      text: `update oidc_records set payload = jsonb_set(payload, '{loginTs}', to_jsonb((payload->>'loginTs')::bigint - 100))
        where model = 'Session' and payload ? 'loginTs'`,
      values: [],
    });
    expect((await silently(person, { max_age: '50' })).error).toBe('login_required');
    expect((await silently(person, { max_age: '5000' })).error).toBeNull();
  });

  test('login_required: somebody else is signed in than the client thinks (id_token_hint)', async () => {
    const [{ person }, other] = [await signedIn(), await signedIn()];
    expect((await silently(person, { id_token_hint: other.first.id_token })).error).not.toBeNull();
    const { first } = await signedIn({ clientId: person.clientId, secret: person.secret });
    expect((await silently(person, { id_token_hint: first.id_token })).error).toBe('login_required');
  });

  test('consent_required: another client, or more than was approved', async () => {
    const { person } = await signedIn();
    expect((await silently({ ...person, ...(await assuredClient()) })).error).toBe('consent_required');
    expect((await silently(person, { scope: 'openid offline_access email' })).error).toBe('consent_required');
    const [, octo = ''] = service.config.resourceUrls;
    expect((await silently(person, { resource: octo })).error).toBe('consent_required');
  });

  test('attack: consent_required: a backend was added since, which nobody was shown', async () => {
    const withBackends = async (...names: readonly string[]): Promise<TestService> => {
      const backends = new Map(names.map((name) => [name, { label: name }]));
      const branding = { ...service.config.branding, backends };
      return await world.startAnother({ issuer: service.issuer, connectionReuse: 'always', branding });
    };
    const before = await withBackends('files', 'chat');
    const [turned, more] = [await withBackends('chat', 'files'), await withBackends('files', 'chat', 'pay')];
    const { person } = await signedIn(undefined, service.browser().through(before.local));
    const at = async ({ local }: TestService): Promise<Silent> =>
      await silently({ ...person, browser: person.browser.through(local) });
    expect((await at(turned)).error).toBeNull();
    expect((await at(more)).error).toBe('consent_required');
    await Promise.all([before, turned, more].map((one) => one.close()));
  });

  test('interaction_required: any program could be this client', async () => {
    const browser = service.browser();
    const { clientId } = await service.tokens(`silent-${(people += 1)}`, browser);
    const { url } = service.authorizeUrl(clientId, { prompt: 'none', scope: 'openid offline_access' });
    const { location = '' } = await browser.follow(await browser.get(url));
    expect(new URL(location).searchParams.get('error')).toBe('interaction_required');
  });

  test('interaction_required or login_required: a connection is gone', async () => {
    const { person, first } = await signedIn();
    const { sub = '' } = decodeJwt(first.id_token ?? '');
    service.vault.connections.delete(`${sub} octo`);
    expect((await silently(person)).error).toBe('interaction_required');
    service.vault.connections.delete(`${sub} acme-sso`);
    expect((await silently(person)).error).toBe('login_required');
  });

  test('interaction_required: people are asked before connections are used again', async () => {
    const asking = await world.startAnother({ issuer: service.issuer, connectionReuse: 'confirm' });
    const { person } = await signedIn();
    const through = { ...person, browser: person.browser.through(asking.local) };
    expect((await silently(through)).error).toBe('interaction_required');
    await asking.close();
  });

  test('beside another prompt (section 3.1.2.1)', async () => {
    const { person } = await signedIn();
    expect((await silently(person, { prompt: 'none login' })).error).toBe('invalid_request');
  });

  test('leaves nothing behind: no session in the vault, and none here', async () => {
    const { person, first } = await signedIn();
    const { sub = '' } = decodeJwt(first.id_token ?? '');
    const opened = service.vault.opened.length;
    expect((await silently(person, { scope: 'openid offline_access email' })).error).toBe('consent_required');
    expect(service.vault.opened.length).toBe(opened);
    const { rows } = await world.rows.query<{ count: string }>({
      name: 'count-sessions',
      text: 'select count(*) from sessions where account_id = $1',
      values: [sub],
    });
    expect(rows[0]?.count).toBe('1');
  });
});

test('nobody marks a request silent but this server (a page is asked, not skipped)', async () => {
  const { person } = await signedIn();
  const { url } = authorize((await assuredClient()).clientId);
  const page = await person.browser.follow(await person.browser.get(`${url}&gatehouse_silent=1`));
  expect(pageName(page)).toBe('consent');
});

test('a frame of a site beside ours is told at once, and nothing is begun', async () => {
  const { person } = await signedIn();
  const { url } = authorize(person.clientId, { prompt: 'none' });
  const { location = '' } = await person.browser.get(url, {
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'iframe',
  });
  expect(new URL(location).searchParams.get('error')).toBe('consent_required');
});

// OpenID Connect Core, section 3.1.2.1: whoever is not the end user of id_token_hint gets no positive answer.
describe('a client that thinks of somebody else than is signed in (id_token_hint) is asked for nobody twice', () => {
  /** As far as the provider. */
  async function hinted(
    { clientId, browser }: Person,
    hint: TokenAnswer,
  ): Promise<{ away: Answer; verifier: string }> {
    const { url, verifier } = authorize(clientId, { id_token_hint: hint.id_token });
    const asked = await browser.follow(await browser.get(url));
    return {
      away: asked.location === undefined ? await browser.decide(asked, 'approve') : asked,
      verifier,
    };
  }

  const comeBackAs = async ({ browser }: Person, away: Answer, login: string): Promise<URL> => {
    let at = away;
    while (at.location?.startsWith(CALLBACK) !== true)
      at = await service.answerLeg(browser, at, {
        code: `${new URL(at.location ?? '').hostname}-${login}`,
      });
    return new URL(at.location);
  };

  test('attack: a link with somebody else’s id_token sends a signed-in browser round and round, with a session each time', async () => {
    const { person } = await signedIn();
    const other = await signedIn({ clientId: person.clientId, secret: person.secret });
    const opened = service.vault.opened.length;
    const { away } = await hinted(person, other.first);
    expect(new URL(away.location ?? '').hostname).toBe('acme-sso.example');
    const { searchParams } = await comeBackAs(person, away, person.login);
    expect([searchParams.get('error'), searchParams.get('code')]).toEqual(['login_required', null]);
    expect(service.vault.opened.length).toBe(opened);
  });

  test('and goes on as that person, once they have signed in', async () => {
    const { person } = await signedIn();
    const other = await signedIn({ clientId: person.clientId, secret: person.secret });
    const { away, verifier } = await hinted(person, other.first);
    const { searchParams } = await comeBackAs(person, away, other.person.login);
    const answer = await redeem(person, searchParams.get('code') ?? '', verifier);
    expect(decodeJwt(answer.id_token ?? '').sub).toBe(decodeJwt(other.first.id_token ?? '').sub);
  });

  test('nor does a browser in which nobody is signed in', async () => {
    const { person, first } = await signedIn();
    const stranger = { ...person, browser: service.browser(), login: `silent-${(people += 1)}` };
    const { away } = await hinted(stranger, first);
    const { searchParams } = await comeBackAs(stranger, away, stranger.login);
    expect(searchParams.get('error')).toBe('login_required');
  });
});
