import 'reflect-metadata';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '@gatehouse/kernel/clock';
import { newSessionId, type AccountId, type SessionId } from '@gatehouse/kernel/ids';
import { whileStopped } from '@gatehouse/testing/stopped-clock';
import { decodeJwt } from 'jose';
import { SessionStore } from '../sessions/session.store.js';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { pageName, type TestBrowser } from '../testing/test-browser.js';
import type { TestService, TokenAnswer } from '../testing/test-service.js';

/** What the vault makes of logout tokens is the vault's own spec; here is what follows from it. */

let world: ServiceWorld;
let service: TestService;
let replica: TestService;

shareWorld(startServiceWorld, async (started) => {
  world = started;
  const [acme, ...others] = world.service.config.upstreamProviders;
  if (acme === undefined) throw new Error('no provider');
  const oidc = { ...acme, type: 'oidc' as const };
  const upstreamProviders = [oidc, ...others, { ...oidc, name: 'beta', requirement: 'onDemand' as const }];
  service = await world.startAnother({ upstreamProviders });
  replica = await world.startAnother({ upstreamProviders, issuer: service.issuer });
});

beforeEach(() => {
  world.service.vault.logoutTokens.length = 0;
  world.service.vault.logout = { outcome: 'refused', reason: 'wrong_signature' };
});

let people = 0;
const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmVk';

interface SignedIn {
  readonly login: string;
  readonly clientId: string;
  readonly browser: TestBrowser;
  readonly answer: TokenAnswer;
  readonly tsid: SessionId;
  readonly accountId: AccountId;
}

async function signedIn(): Promise<SignedIn> {
  const browser = service.browser();
  const login = `elsewhere-${(people += 1)}`;
  const { clientId, answer } = await service.tokens(login, browser);
  const { tsid, sub } = decodeJwt(answer.access_token ?? '');
  return { login, clientId, browser, answer, tsid: tsid as SessionId, accountId: sub as AccountId };
}

const nowMs = () => Date.now();

/** What the vault says of a token that names these sessions. */
const names = (...people: readonly SignedIn[]) => ({
  outcome: 'accepted' as const,
  issuedAtMs: nowMs(),
  accounts: people.map(({ accountId }) => accountId),
  sessions: people.map(({ tsid, accountId }) => ({ tsid, accountId })),
});

const NOBODY = { outcome: 'accepted' as const, issuedAtMs: 0, accounts: [], sessions: [] };

async function post(
  form: Readonly<Record<string, string>> | string = { logout_token: TOKEN },
  { provider = 'acme-sso', at = service } = {},
): Promise<Response> {
  return await fetch(`${at.local}/oauth/backchannel-logout/${provider}`, {
    method: 'POST',
    body: typeof form === 'string' ? form : new URLSearchParams(form),
  });
}

const isOpen = async ({ clientId, answer }: SignedIn): Promise<boolean> =>
  (await replica.refresh(clientId, answer.refresh_token ?? '')).status === 200;

/** The page of connections, where nobody has to sign in for it. */
const isInBrowser = async ({ browser }: SignedIn): Promise<boolean> =>
  pageName(await browser.get(`${service.issuer}/connections`)) === 'connections';

describe('a logout token that the vault accepts', () => {
  test('ends the sessions that it names and the browser of their person, at every replica, and nobody else', async () => {
    const [alice, bob] = [await signedIn(), await signedIn()];
    expect([await isInBrowser(alice), await isInBrowser(bob)]).toEqual([true, true]);
    world.service.vault.logout = names(alice);
    const answer = await post();
    expect([answer.status, answer.headers.get('cache-control'), await answer.text()]).toEqual([
      200,
      'no-store',
      '',
    ]);
    expect(world.service.vault.logoutTokens[0]).toEqual({ provider: 'acme-sso', token: TOKEN });
    expect([await isOpen(alice), await isInBrowser(alice)]).toEqual([false, false]);
    expect([await isOpen(bob), await isInBrowser(bob)]).toEqual([true, true]);
    const { rows } = await world.rows.query<{ reason: string }>({
      name: 'why',
      text: 'select close_reason as reason from sessions where tsid = $1',
      values: [alice.tsid],
    });
    // As of every sign-out, its client is told (back-channel logout).
    expect(rows).toEqual([{ reason: 'signed_out' }]);
  });

  test('attack: a session that the vault has opened, and that is not open here yet, outlives it', async () => {
    const { accountId, clientId } = await signedIn();
    const tsid = newSessionId();
    world.service.vault.logout = { ...NOBODY, issuedAtMs: nowMs(), sessions: [{ tsid, accountId }] };
    expect((await post()).status).toBe(200);
    const sessions = replica.app.get(SessionStore);
    await sessions.open({ tsid, accountId, clientId, clientName: 'Test Client' });
    expect(await sessions.findOpen(tsid)).toBeUndefined();
    expect((await post()).status).toBe(200);
  });

  test('ends the browser of a person without sessions as well, by the subject', async () => {
    const alice = await signedIn();
    const subject = `acme-sso.example-${alice.login}`;
    world.service.vault.logout = { ...NOBODY, issuedAtMs: nowMs(), subject };
    expect((await post()).status).toBe(200);
    expect([await isOpen(alice), await isInBrowser(alice)]).toEqual([true, false]);
  });

  test('of a provider that signs nobody in ends no browser', async () => {
    const alice = await signedIn();
    world.service.vault.logout = {
      ...NOBODY,
      issuedAtMs: nowMs(),
      subject: `acme-sso.example-${alice.login}`,
      accounts: [alice.accountId],
    };
    expect((await post(undefined, { provider: 'beta' })).status).toBe(200);
    expect([await isOpen(alice), await isInBrowser(alice)]).toEqual([true, true]);
  });

  test('that is old ends no browser of a later sign-in', async () => {
    const alice = await signedIn();
    world.service.vault.logout = {
      ...NOBODY,
      issuedAtMs: nowMs() - 10 * 60_000,
      accounts: [alice.accountId],
    };
    await post();
    expect(await isInBrowser(alice)).toBe(true);
  });

  test('again, at two replicas at once, is no error', async () => {
    const alice = await signedIn();
    world.service.vault.logout = names(alice);
    const answers = await Promise.all(
      Array.from({ length: 10 }, async (_, n) => await post(undefined, { at: n % 2 ? replica : service })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect((await post()).status).toBe(200);
    expect(await isOpen(alice)).toBe(false);
  });
});

describe('is answered with', () => {
  test.each([
    ['not_a_logout_token', /no logout token/],
    ['wrong_issuer', /another issuer/],
    ['wrong_audience', /another client/],
    ['wrong_time', /expired/],
    ['names_nobody', /names neither/],
    ['wrong_signature', /not signed/],
  ] as const)('400 where the vault says %s', async (reason, text) => {
    world.service.vault.logout = { outcome: 'refused', reason };
    const answer = await post();
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([400, 'no-store']);
    expect(await answer.json()).toEqual({
      error: 'invalid_request',
      error_description: expect.stringMatching(text),
    });
  });

  test.each<[string, Readonly<Record<string, string>> | string]>([
    ['nothing', ''],
    ['no token', { token: TOKEN }],
    ['an empty one', { logout_token: '' }],
    ['what is no JWS', { logout_token: 'text' }],
    ['an encrypted one', { logout_token: 'a.b.c.d.e' }],
    ['a longer one than there are', { logout_token: `a.${'b'.repeat(17_000)}.c` }],
  ])('400 where %s is posted; the vault is not asked', async (_what, form) => {
    expect((await post(form)).status).toBe(400);
    expect(world.service.vault.logoutTokens).toEqual([]);
  });

  test('400 where two are posted, or JSON', async () => {
    const local = `${service.local}/oauth/backchannel-logout/acme-sso`;
    const two = await fetch(local, {
      method: 'POST',
      body: new URLSearchParams([
        ['logout_token', TOKEN],
        ['logout_token', TOKEN],
      ]),
    });
    const json = await fetch(local, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ logout_token: TOKEN }),
    });
    expect([two.status, json.status, world.service.vault.logoutTokens]).toEqual([400, 400, []]);
  });

  test.each(['nobody', 'octo', 'ACME-SSO', '..%2Facme-sso'])(
    '404 at a provider that sends none (%s); the vault is not asked',
    async (provider) => {
      const answer = await post(undefined, { provider });
      expect([answer.status, world.service.vault.logoutTokens]).toEqual([404, []]);
    },
  );

  test('404 where the vault knows it as one that sends none', async () => {
    world.service.vault.logout = 'unknown_provider';
    expect((await post()).status).toBe(404);
  });

  test('503 while the keys of the provider cannot be fetched, so that it sends the token again', async () => {
    world.service.vault.logout = 'provider_unavailable';
    const answer = await post();
    expect([answer.status, answer.headers.has('retry-after')]).toEqual([503, true]);
    expect(await answer.json()).toMatchObject({ error: 'temporarily_unavailable' });
  });
});

test('a stranger who floods it is limited, and keeps no other endpoint busy', async () => {
  const flooded = await world.startAnother({ upstreamProviders: service.config.upstreamProviders });
  const statuses: number[] = [];
  await whileStopped(systemClock, async () => {
    for (let n = 0; n < 7; n += 1) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, async () => await post({ logout_token: 'text' }, { at: flooded })),
      );
      statuses.push(...answers.map(({ status }) => status));
    }
  });
  expect([400, 429].map((one) => statuses.filter((status) => status === one).length)).toEqual([300, 50]);
  const health = await fetch(`${flooded.local}/.well-known/openid-configuration`);
  expect(health.status).toBe(200);
});
