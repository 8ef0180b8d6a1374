import 'reflect-metadata';
import { randomToken } from '@gatehouse/kernel/ids';
import { describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { SILENT } from '../oauth-endpoints/silent-requests.js';
import { authorizationRequest, ClientKey, postForm } from '../testing/proving-client.js';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { pageName, type TestBrowser } from '../testing/test-browser.js';
import type { TestService } from '../testing/test-service.js';

/** `prompt=none` in requests that are pushed (RFC 9126), as a form or signed (RFC 9101). */

const CALLBACK = 'https://app.example/callback';

let world: ServiceWorld;
let service: TestService;
let replica: TestService;
let key: ClientKey;

shareWorld(startServiceWorld, async (started) => {
  world = started;
  service = await world.startAnother({ connectionReuse: 'always' });
  replica = await world.startAnother({ issuer: service.issuer, connectionReuse: 'always' });
  key = await ClientKey.make();
});

interface Client {
  readonly client_id: string;
  readonly client_secret: string;
}

/** No other program can be this client. */
const registered = async (how: string): Promise<Client> =>
  (await service.post('/oauth/register', {
    redirect_uris: [CALLBACK],
    client_name: 'Pushing',
    token_endpoint_auth_method: 'client_secret_post',
    ...(how === 'signed' ? { require_signed_request_object: true, jwks: { keys: [key.publicJwk] } } : {}),
  })) as Client;

let people = 0;

type Fields = Readonly<Record<string, string>>;

const fieldsOf = (client: Client, verifier: string, more: Fields): Fields =>
  authorizationRequest(service, client.client_id, verifier, { redirect_uri: CALLBACK, ...more });

const FORMS: Readonly<Record<string, (client: Client, fields: Fields) => Promise<Fields>>> = {
  'as a form': async (client, fields) =>
    await Promise.resolve({ ...fields, client_secret: client.client_secret }),
  signed: async (client, fields) => ({
    client_id: client.client_id,
    client_secret: client.client_secret,
    request: await key.signed(
      {
        ...{ ...fields, iss: client.client_id, aud: service.issuer },
        exp: Math.floor(Date.now() / 1_000) + 60,
      },
      { typ: 'oauth-authz-req+jwt', kid: key.publicJwk.kid },
    ),
  }),
};

/** @returns the address to which the browser is sent with what was pushed */
async function pushed(how: string, client: Client, verifier: string, more: Fields): Promise<string> {
  const form = await FORMS[how]?.(client, fieldsOf(client, verifier, more));
  const { status, body } = await postForm(service, '/oauth/par', form ?? {});
  expect([status, body['error_description']]).toEqual([201, undefined]);
  const url = new URL('/oauth/authorize', service.issuer);
  url.searchParams.set('client_id', client.client_id);
  url.searchParams.set('request_uri', String(body['request_uri']));
  return url.href;
}

const redeem = async (client: Client, code: string, verifier: string) =>
  await service.token({
    ...{ grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: CALLBACK },
    ...{ client_id: client.client_id, client_secret: client.client_secret },
  });

/** Somebody who approved the client. */
async function signedIn(how: string) {
  const [client, browser, verifier] = [await registered(how), service.browser(), randomToken()];
  const url = await pushed(how, client, verifier, { prompt: 'consent' });
  const end = await service.signIn(browser, url, `pushing-${(people += 1)}`, CALLBACK);
  const tokens = await redeem(client, end.get('code') ?? '', verifier);
  return { client, browser, subject: decodeJwt(tokens.id_token ?? '').sub };
}

async function answered(browser: TestBrowser, url: string): Promise<URLSearchParams> {
  const { location = '', status } = await browser.follow(await browser.get(url));
  if (!location.startsWith(CALLBACK)) throw new Error(`no answer to the client: ${status} ${location}`);
  return new URL(location).searchParams;
}

// OpenID Connect Core, section 3.1.2.1.
describe.each(Object.keys(FORMS))('prompt=none that is pushed %s', (how) => {
  test('goes through where nothing has to be asked, at another replica, with a refresh token', async () => {
    const { client, browser, subject } = await signedIn(how);
    const verifier = randomToken();
    const url = await pushed(how, client, verifier, { prompt: 'none' });
    const end = await answered(browser.through(replica.local), url);
    expect([end.get('error'), end.get('state')]).toEqual([null, 'client-state']);
    const tokens = await redeem(client, end.get('code') ?? '', verifier);
    expect([tokens.status, decodeJwt(tokens.id_token ?? '').sub]).toEqual([200, subject]);
    expect(tokens.refresh_token).toBeDefined();
  });

  test('is refused in words where somebody would have to be asked, and nobody sees a page', async () => {
    const { client, browser } = await signedIn(how);
    const none = async (of: Client, more: Fields = {}) =>
      await pushed(how, of, randomToken(), { prompt: 'none', ...more });
    const errorOf = async (at: TestBrowser, url: string) => (await answered(at, url)).get('error');
    expect(await errorOf(service.browser(), await none(client))).toBe('login_required');
    expect(await errorOf(browser, await none(await registered(how)))).toBe('consent_required');
    const wider = await none(client, { scope: 'openid offline_access email' });
    expect(await errorOf(browser, wider)).toBe('consent_required');
  });

  test('is told at once in a frame of a site beside ours, where nothing is begun', async () => {
    const { client, browser } = await signedIn(how);
    const url = await pushed(how, client, randomToken(), { prompt: 'none' });
    const framed = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' };
    const { location = '' } = await browser.get(url, framed);
    expect(new URL(location).searchParams.get('error')).toBe('consent_required');
  });

  test('attack: a mark in the address makes no other request silent: its person is asked', async () => {
    const { browser } = await signedIn(how);
    const url = await pushed(how, await registered(how), randomToken(), { prompt: 'consent' });
    const page = await browser.follow(await browser.get(`${url}&${SILENT}=1`));
    expect(pageName(page)).toBe('consent');
  });

  test('attack: it is good for one sign-in, silent or not', async () => {
    const { client, browser } = await signedIn(how);
    const url = await pushed(how, client, randomToken(), { prompt: 'none' });
    expect((await answered(browser, url)).get('error')).toBeNull();
    const again = await browser.follow(await browser.get(url));
    const { location = '' } = again;
    expect(location === '' ? pageName(again) : new URL(location).searchParams.get('error')).toMatch(
      /^(error|invalid_request_uri)$/,
    );
  });
});
