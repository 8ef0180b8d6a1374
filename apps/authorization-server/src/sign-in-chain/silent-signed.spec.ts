import 'reflect-metadata';
import { randomToken } from '@gatehouse/kernel/ids';
import { describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { authorizationRequest, ClientKey } from '../testing/proving-client.js';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import { pageName, type TestBrowser } from '../testing/test-browser.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';

/** `prompt=none` in a signed request object that the browser brings (RFC 9101). Pushed ones: silent-pushed.spec.ts. */

const CALLBACK = 'https://app.example/callback';

let service: TestService;
let replica: TestService;
let key: ClientKey;

shareWorld(startServiceWorld, async (world) => {
  service = await world.startAnother({ connectionReuse: 'always' });
  replica = await world.startAnother({ issuer: service.issuer, connectionReuse: 'always' });
  key = await ClientKey.make();
});

interface Client {
  readonly client_id: string;
  readonly client_secret: string;
}

/** No other program can be this client. */
const registered = async (): Promise<Client> =>
  (await service.post('/oauth/register', {
    redirect_uris: [CALLBACK],
    client_name: 'Signing',
    token_endpoint_auth_method: 'client_secret_post',
    require_signed_request_object: true,
    jwks: { keys: [key.publicJwk] },
  })) as Client;

type Fields = Readonly<Record<string, string>>;

async function signed(
  { client_id: clientId }: Client,
  verifier: string,
  more: Fields,
  by = key,
  beside: Fields = {},
): Promise<string> {
  const fields = authorizationRequest(service, clientId, verifier, { redirect_uri: CALLBACK, ...more });
  const times = { iss: clientId, aud: service.issuer, exp: Math.floor(Date.now() / 1_000) + 60 };
  const request = await by.signed({ ...fields, ...times }, { typ: 'oauth-authz-req+jwt' });
  const url = new URL('/oauth/authorize', service.issuer);
  for (const [name, value] of Object.entries({ client_id: clientId, ...beside, request }))
    url.searchParams.set(name, value);
  return url.href;
}

const redeem = async (client: Client, code: string, verifier: string) =>
  await service.token({
    ...{ grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: CALLBACK },
    ...{ client_id: client.client_id, client_secret: client.client_secret },
  });

let people = 0;

/** Somebody who approved the client. */
async function signedIn() {
  const [client, browser, verifier] = [await registered(), service.browser(), randomToken()];
  const url = await signed(client, verifier, { prompt: 'consent' });
  const login = `signing-${(people += 1)}`;
  const end = await service.signIn(browser, url, login, CALLBACK);
  const tokens = await redeem(client, end.get('code') ?? '', verifier);
  return { client, browser, login, subject: decodeJwt(tokens.id_token ?? '').sub };
}

async function answered(browser: TestBrowser, url: string, callback = CALLBACK): Promise<URLSearchParams> {
  const { location = '', status } = await browser.follow(await browser.get(url));
  if (!location.startsWith(callback)) throw new Error(`no answer to the client: ${status} ${location}`);
  return new URL(location).searchParams;
}

// OpenID Connect Core, section 3.1.2.1; RFC 9101, section 5.
describe('prompt=none in a request object', () => {
  test('goes through where nothing has to be asked, at any replica, with a refresh token', async () => {
    const { client, browser, subject } = await signedIn();
    const verifier = randomToken();
    const end = await answered(
      browser.through(replica.local),
      await signed(client, verifier, { prompt: 'none' }),
    );
    expect([end.get('error'), end.get('state'), end.get('iss')]).toEqual([
      null,
      'client-state',
      service.issuer,
    ]);
    const tokens = await redeem(client, end.get('code') ?? '', verifier);
    expect([tokens.status, decodeJwt(tokens.id_token ?? '').sub]).toEqual([200, subject]);
    expect(tokens.refresh_token).toBeDefined();
  });

  test('is refused in words where somebody would have to be asked, and nobody sees a page', async () => {
    const { client, browser } = await signedIn();
    const none = async (of: Client, more: Fields = {}) =>
      await signed(of, randomToken(), { prompt: 'none', ...more });
    const told = async (at: TestBrowser, url: string) => {
      const answer = await answered(at, url);
      return [answer.get('error'), answer.get('state'), answer.get('iss'), answer.get('code')];
    };
    const refused = (error: string) => [error, 'client-state', service.issuer, null];
    expect(await told(service.browser(), await none(client))).toEqual(refused('login_required'));
    expect(await told(browser, await none(client, { max_age: '0' }))).toEqual(refused('login_required'));
    expect(await told(browser, await none(await registered()))).toEqual(refused('consent_required'));
    const wider = await none(client, { scope: 'openid offline_access email' });
    expect(await told(browser, wider)).toEqual(refused('consent_required'));
  });

  test('is refused each time for a client that another program could be', async () => {
    const { browser, login } = await signedIn();
    const local = (await service.post('/oauth/register', {
      redirect_uris: [REDIRECT_URI],
      require_signed_request_object: true,
      jwks: { keys: [key.publicJwk] },
    })) as Client;
    const request = async (prompt: string) =>
      await signed(local, randomToken(), { prompt, redirect_uri: REDIRECT_URI });
    const end = await service.signIn(browser, await request('consent'), login);
    expect(end.get('error')).toBeNull();
    const answer = await answered(browser, await request('none'), REDIRECT_URI);
    expect(answer.get('error')).toBe('interaction_required');
  });

  test('with another value of prompt beside it is invalid', async () => {
    const { client, browser } = await signedIn();
    const both = await answered(browser, await signed(client, randomToken(), { prompt: 'none login' }));
    expect(both.get('error')).toBe('invalid_request');
  });

  test('is told at once in a frame of a site beside ours, where nothing is begun', async () => {
    const { client, browser } = await signedIn();
    const url = await signed(client, randomToken(), { prompt: 'none' });
    const framed = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' };
    const { location = '' } = await browser.get(url, framed);
    expect(new URL(location).searchParams.get('error')).toBe('consent_required');
  });

  test('attack: what stands beside a signed request makes it neither silent nor asked', async () => {
    const { client, browser } = await signedIn();
    const asked = await signed(await registered(), randomToken(), { prompt: 'consent' }, key, {
      prompt: 'none',
    });
    expect(pageName(await browser.follow(await browser.get(asked)))).toBe('consent');
    const silent = await signed(client, randomToken(), { prompt: 'none' }, key, { prompt: 'login' });
    expect((await answered(browser, silent)).get('error')).toBeNull();
  });

  test('attack: a silent request that somebody else signed gets no code', async () => {
    const { client, browser } = await signedIn();
    const url = await signed(client, randomToken(), { prompt: 'none' }, await ClientKey.make());
    const { location = '' } = await browser.follow(await browser.get(url));
    expect(location).not.toContain('code=');
  });
});
