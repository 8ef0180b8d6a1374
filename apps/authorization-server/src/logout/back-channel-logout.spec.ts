import 'reflect-metadata';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { until } from '@gatehouse/testing/until';
import { startTrustedSite, type TrustedSite } from '@gatehouse/testing/trusted-site';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { errors, type Provider } from 'oidc-provider';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { hiddenFields, type TestBrowser } from '../testing/test-browser.js';
import { REDIRECT_URI, type TestService, type TokenAnswer } from '../testing/test-service.js';
import type { LogoutNotice, LogoutNotices } from './logout-notices.store.js';
import type { LogoutTokens } from './logout-tokens.js';
import { TellClients } from './tell-clients.job.js';

let world: ServiceWorld;
let service: TestService;
let receiver: TrustedSite;
let origin: string;
/** By path: what was posted, and what is answered. */
const posted = new Map<string, string[]>();
const answers = new Map<string, number[]>();

beforeAll(async () => {
  receiver = await startTrustedSite((request, response) => {
    const path = request.url ?? '';
    let body = '';
    request
      .on('data', (chunk: Buffer) => (body += chunk.toString()))
      .on('end', () => {
        posted.set(path, [...(posted.get(path) ?? []), body]);
        response
          .writeHead(answers.get(path)?.shift() ?? 200, { location: `${origin}/elsewhere` })
          .end(path === '/talkative' ? 'x'.repeat(64 * 1024) : '');
      });
  });
  ({ origin } = receiver);
});

/** Two replicas, so that two would tell. */
shareWorld(startServiceWorld, async (started) => {
  ({ service } = world = started);
  await world.startAnother({ issuer: service.issuer });
});

afterAll(() => receiver.close());

beforeEach(() => {
  posted.clear();
  answers.clear();
});

let people = 0;

interface SignedIn {
  readonly clientId: string;
  readonly browser: TestBrowser;
  readonly answer: TokenAnswer;
  readonly tsid: string;
}

/** @param place where the client wants to be told */
async function signedIn(place?: string): Promise<SignedIn> {
  const browser = service.browser();
  const wish = place === undefined ? {} : { backchannel_logout_uri: `${origin}/${place}` };
  const clientId = await service.register(wish);
  const { url, verifier } = service.authorizeUrl(clientId);
  const result = await service.signIn(browser, url, `told-${(people += 1)}`);
  const answer = await service.redeem(clientId, result.get('code') ?? '', verifier);
  return { clientId, browser, answer, tsid: String(decodeJwt(answer.access_token ?? '')['tsid']) };
}

/** On the connections page. */
async function signOut({ browser, tsid }: SignedIn): Promise<void> {
  const fields = hiddenFields((await browser.get('/connections')).body);
  await browser.post('/connections', { ...fields, action: 'sign-out', session: tsid });
}

const triesOf = async ({ tsid }: SignedIn): Promise<number | undefined> => {
  const { rows } = await world.rows.query<{ tries: number }>({
    name: 'tries',
    text: 'select logout_tries as tries from sessions where tsid = $1',
    values: [tsid],
  });
  return rows[0]?.tries;
};

/** The client knows, or is told no more. */
const isSettled = async (person: SignedIn): Promise<boolean> => (await triesOf(person)) === 4;

/** As if the times between the tries were over. */
const comeAgain = async ({ tsid }: SignedIn): Promise<void> => {
  await world.rows.query({
    name: 'earlier',
    text: `update sessions set closed_at = closed_at - interval '2 hours' where tsid = $1`,
    values: [tsid],
  });
};

describe('a client that wants to be told of logouts', () => {
  // OpenID Connect Back-Channel Logout 1.0, sections 2.4 and 2.5; oidcc-backchannel-rp-initiated-logout.
  test('gets one logout token, from two replicas, and it names the session', async () => {
    const person = await signedIn('one');
    await signOut(person);
    await until(() => isSettled(person));
    expect(posted.get('/one')).toHaveLength(1);
    const form = new URLSearchParams(posted.get('/one')?.[0]);
    expect([...form.keys()]).toEqual(['logout_token']);
    const keys = createRemoteJWKSet(new URL(`${service.local}/.well-known/jwks.json`));
    const { payload } = await jwtVerify(form.get('logout_token') ?? '', keys, {
      issuer: service.issuer,
      audience: person.clientId,
      typ: 'logout+jwt',
    });
    const idToken = decodeJwt(person.answer.id_token ?? '');
    expect(payload).toMatchObject({
      sub: idToken.sub,
      sid: idToken['sid'],
      jti: expect.any(String),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    });
    // Section 2.4: a nonce would make it an identity token.
    expect(payload).not.toHaveProperty('nonce');
    expect(Number(payload.exp) - Number(payload.iat)).toBe(120);
  });

  test('is told again when it could not take it, and no more once it knows', async () => {
    answers.set('/again', [503, 500]);
    const person = await signedIn('again');
    await signOut(person);
    await until(() => posted.get('/again')?.length === 1);
    await comeAgain(person);
    // All its tries are due at once, so that both replicas may make one.
    await until(() => (posted.get('/again')?.length ?? 0) >= 3);
    await until(() => isSettled(person));
  });

  test.each([
    ['refusal', 400, 'is final (section 2.8)'],
    ['redirect', 302, 'is not followed'],
  ])('a %s, status %i, %s', async (place, status) => {
    answers.set(`/${place}`, [status]);
    const person = await signedIn(place);
    await signOut(person);
    await until(() => isSettled(person));
    expect([posted.get(`/${place}`)?.length, posted.has('/elsewhere')]).toEqual([1, false]);
  });

  test('a long answer is one: nothing of it is read', async () => {
    const person = await signedIn('talkative');
    await signOut(person);
    await until(() => isSettled(person));
    await comeAgain(person);
    const later = await signedIn('later-than-that');
    await signOut(later);
    await until(() => isSettled(later));
    expect(posted.get('/talkative')).toHaveLength(1);
  });

  test('and one that does not, hears nothing; nor does one of what it revoked itself', async () => {
    const quiet = await signedIn();
    await signOut(quiet);
    await until(() => isSettled(quiet));
    const revoking = await signedIn('revoking');
    await fetch(`${service.local}/oauth/revoke`, {
      method: 'POST',
      body: new URLSearchParams({
        token: revoking.answer.access_token ?? '',
        client_id: revoking.clientId,
      }),
    });
    // Whoever was signed out after that was told.
    const later = await signedIn('later');
    await signOut(later);
    await until(() => isSettled(later));
    expect([posted.has('/revoking'), posted.get('/later')?.length]).toEqual([false, 1]);
  });
});

describe('a client that registered itself sends no request inside (SSRF)', () => {
  test('to a private address, wherever its name leads; and it is not tried again', async () => {
    const { clientRegistration } = service.config;
    const config = {
      ...service.config,
      clientRegistration: {
        ...clientRegistration,
        metadataDocuments: { ...clientRegistration.metadataDocuments, allowPrivateIps: false },
      },
    };
    const notice = { tsid: 'tsid', accountId: 'account', clientId: 'client' } as unknown as LogoutNotice;
    const waiting = [notice];
    const settled: string[] = [];
    const notices = {
      take: () => Promise.resolve(waiting.splice(0)),
      done: (tsid: string) => Promise.resolve(settled.push(tsid)),
    } as unknown as LogoutNotices;
    const tokens = { issue: () => Promise.resolve('a logout token') } as unknown as LogoutTokens;
    const client = { backchannel_logout_uri: `${origin}/inside` };
    const provider = { Client: { find: () => Promise.resolve(client) } } as unknown as Provider;
    const telling = new TellClients(notices, tokens, provider, new SilentLog(), config);
    telling.onApplicationBootstrap();
    await until(() => settled.length > 0);
    await telling.onApplicationShutdown();
    expect([settled, posted.has('/inside')]).toEqual([['tsid'], false]);
  });

  test('and one whose document cannot be read for a moment is told in its next turn', async () => {
    const notice = { tsid: 'tsid', accountId: 'account', clientId: 'https://app.example/client' };
    const waiting = [notice, notice, notice].map((one) => one as unknown as LogoutNotice);
    const [settled, told]: [string[], string[]] = [[], []];
    const notices = {
      take: () => Promise.resolve(waiting.splice(0, 1)),
      done: (tsid: string) => Promise.resolve(settled.push(tsid)),
    } as unknown as LogoutNotices;
    const tokens = { issue: () => Promise.resolve('a logout token') } as unknown as LogoutTokens;
    const client = { backchannel_logout_uri: `${origin}/read-again` };
    const find = () => {
      told.push('looked');
      return told.length === 1
        ? Promise.reject(new errors.InvalidClient('not fetched'))
        : Promise.resolve(client);
    };
    const provider = { Client: { find } } as unknown as Provider;
    const telling = new TellClients(notices, tokens, provider, new SilentLog(), service.config);
    telling.onApplicationBootstrap();
    await until(() => settled.length > 0);
    await telling.onApplicationShutdown();
    expect([told.length > 1, posted.has('/read-again')]).toEqual([true, true]);
  });

  test.each([
    ['http on loopback', 'http://127.0.0.1:1/x'],
    ['http anywhere', 'http://evil.example/x'],
    ['an application', 'com.acme:/x'],
    ['text', 'x'],
  ])('%s is not registered', async (_what, uri) => {
    const answer = await service.post('/oauth/register', {
      redirect_uris: [REDIRECT_URI],
      backchannel_logout_uri: uri,
    });
    expect(answer).toMatchObject({ error: 'invalid_client_metadata' });
  });
});

test('the registration says it, and the metadata of OpenID that it is possible', async () => {
  const uri = 'https://app.example/logout';
  const registered = { redirect_uris: [REDIRECT_URI], backchannel_logout_uri: uri };
  expect(await service.post('/oauth/register', registered)).toMatchObject({ backchannel_logout_uri: uri });
  const metadata = await fetch(`${service.issuer}/.well-known/openid-configuration`);
  expect(await metadata.json()).toMatchObject({
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
  });
});
