import { whoAmI } from '@gatehouse/testing/mcp-calls';
import { newBrowser, OAuthClient, PASSWORD } from '@gatehouse/testing/oauth-client';
import { ScriptedBrowser } from '@gatehouse/scripted-browser/scripted-browser';
import { signIn } from '@gatehouse/scripted-browser/sign-in';
import { printFigure } from '@gatehouse/testing/figures';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { inVault, stagedAttempts } from '../support/database.js';

let world: World;
beforeAll(async () => {
  world = await startWorld({ replicas: 2 });
});
afterAll(() => world.close());
beforeEach(() => world.demonstration.reset());

/** A browser that stops at the gateway's callback, with the provider's answer in its hands. */
const stopAtCallback = (count: { left: number }): ScriptedBrowser =>
  new ScriptedBrowser({
    stopAt: (url) => url.href.startsWith(`${world.issuer}/oauth/callback`) && count.left-- <= 0,
  });

describe('before the user is bothered, /oauth/authorize refuses', () => {
  test.each<[string, Record<string, string | undefined>, string]>([
    [
      'a request without PKCE',
      { code_challenge: undefined, code_challenge_method: undefined },
      'invalid_request',
    ],
    ['PKCE by plain text', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['a request without resource', { resource: undefined }, 'invalid_target'],
    ['a resource that is not ours', { resource: 'https://other.example/mcp' }, 'invalid_target'],
  ])('%s', async (_name, overrides, error) => {
    const client = await OAuthClient.register(world.mcpUrl);
    const browser = newBrowser();
    const landing = await browser.open(client.authorizationRequest(overrides).url);
    expect(landing.kind).toBe('stopped');
    const parameters = landing.kind === 'stopped' ? new URL(landing.url).searchParams : new URLSearchParams();
    expect(parameters.get('error')).toBe(error);
    expect(parameters.get('iss')).toBe(world.issuer);
  });

  test('a redirect URI that was not registered gets no redirect at all', async () => {
    const client = await OAuthClient.register(world.mcpUrl);
    const browser = newBrowser();
    const landing = await browser.open(
      client.authorizationRequest({ redirect_uri: 'https://evil.example/callback' }).url,
    );
    expect(landing.kind).toBe('page');
    expect(browser.page.status).toBe(400);
  });
});

test('a code redeemed twenty times in parallel gives tokens once, and the winner keeps them', async () => {
  const client = await OAuthClient.register(world.mcpUrl);
  const request = client.authorizationRequest();
  const code = (await client.authorize('alice', newBrowser(), request)).get('code') ?? '';
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => client.redeem(code, request.codeVerifier)),
  );
  const won = answers.filter(({ status }) => status === 200);
  printFigure(`parallel redemptions: ${answers.length}, successes: ${won.length}`);
  expect(won).toHaveLength(1);
  expect(answers.filter(({ error }) => error === 'invalid_grant')).toHaveLength(19);
  const { who } = await whoAmI(world.mcpUrl, won[0]?.access_token ?? '', 'repos');
  expect(who?.subject).toBe('octo-alice');
  await expect(client.refresh(won[0]?.refresh_token ?? '')).resolves.toMatchObject({ status: 200 });
});

test('a refresh token redeemed ten times in parallel gives one successor to all of them, and none is signed out', async () => {
  const client = await OAuthClient.register(world.mcpUrl);
  const { refreshToken } = await client.signIn('alice');
  const answers = await Promise.all(Array.from({ length: 10 }, () => client.refresh(refreshToken)));
  expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
  const [successor, ...others] = new Set(answers.map(({ refresh_token: token }) => token));
  expect(others).toEqual([]);
  for (const { access_token: token } of answers)
    expect((await whoAmI(world.mcpUrl, token ?? '', 'repos')).who?.subject).toBe('octo-alice');
  await expect(client.refresh(successor ?? '')).resolves.toMatchObject({ status: 200 });
});

describe('the upstream callback', () => {
  const atCallback = async (leg: 1 | 2) => {
    const client = await OAuthClient.register(world.mcpUrl);
    const browser = stopAtCallback({ left: leg - 1 });
    const request = client.authorizationRequest();
    const outcome = await signIn(browser, request.url, { login: 'mallory', password: PASSWORD });
    if (outcome.kind !== 'redirected') throw new Error(outcome.reason);
    return { callback: outcome.url, jar: browser.jar };
  };
  const staged = () => inVault(world, 'select * from staged_connections order by attempt_id, provider');
  const open = async (url: string, from?: { jar: ScriptedBrowser['jar'] }) => {
    const browser = from === undefined ? newBrowser() : newBrowser(from.jar);
    await browser.open(url);
    return browser.page;
  };

  const redeemedAtAcme = async () =>
    (await world.demonstration.counts())['acme-sso'].redemptions['authorization_code'];

  test('delivered again goes on with the sign-in, redeems nothing, and stores nothing', async () => {
    const { callback, jar } = await atCallback(1);
    await open(callback, { jar });
    const before = await staged();
    const page = await open(callback, { jar });
    // The login page of the second provider.
    expect([page.status, new URL(page.url).port]).toEqual([200, String(world.portBase + 4)]);
    await expect(staged()).resolves.toEqual(before);
    expect(await redeemedAtAcme()).toBe(1);
  });

  test('delivered to both replicas at once, while the provider is slow, goes on in each of them, and is redeemed once', async () => {
    const { callback, jar } = await atCallback(1);
    await world.demonstration.setFault({
      part: 'acme-sso',
      endpoint: 'token',
      mode: 'delay',
      delayMs: 1_000,
      times: 1,
    });
    const pages = await Promise.all(Array.from({ length: 6 }, () => open(callback, { jar })));
    for (const page of pages)
      expect([page.status, new URL(page.url).port]).toEqual([200, String(world.portBase + 4)]);
    expect(await redeemedAtAcme()).toBe(1);
  });

  test('delivered to a replica that dies of it is taken up by the other one', async () => {
    const { callback, jar } = await atCallback(1);
    const acme = await world.demonstration.holdNext('acme-sso', 'token');
    const [port = 0] = world.portsOf('authorization-server');
    const { pathname, search } = new URL(callback);
    const first = fetch(`http://localhost:${port}${pathname}${search}`, {
      headers: { cookie: await jar.getCookieString(callback) },
      redirect: 'manual',
    }).catch(() => undefined);
    await until(acme.isHeld);
    await world.replicas['authorization-server'][0]?.kill();
    await acme.letGo();
    await first;
    try {
      // The page says that it waits, until nobody can be dealing with the callback any more.
      const browser = newBrowser(jar);
      await browser.open(callback);
      await until(async () => {
        const waits = browser.page.html.includes('data-page="wait"');
        if (waits) await browser.follow('Look again');
        return !waits;
      }, 120_000);
      // Asked again, because nobody knows what came of the first answer.
      expect(new URL(browser.page.url).port).toMatch(
        new RegExp(`^(${world.portBase + 3}|${world.portBase + 4})$`),
      );
    } finally {
      await world.replicas['authorization-server'][0]?.start();
    }
  });

  test('opened in another browser is refused with a page that says why, stores nothing, and the right browser still finishes', async () => {
    const { callback, jar } = await atCallback(1);
    const before = await staged();
    const page = await open(callback);
    expect(page.status).toBe(400);
    expect(page.text).toMatch(/another browser/i);
    await expect(staged()).resolves.toEqual(before);
    expect((await open(callback, { jar })).status).toBeLessThan(400);
  });

  test("with another leg's state is refused with a page that says why, and stores nothing", async () => {
    const first = await atCallback(1);
    const second = await atCallback(2);
    const mixed = new URL(second.callback);
    mixed.searchParams.set('state', new URL(first.callback).searchParams.get('state') ?? '');
    const before = await staged();
    const page = await open(mixed.href, second);
    expect(page.status).toBe(400);
    expect(page.text).toMatch(/another browser|unknown/i);
    await expect(staged()).resolves.toEqual(before);
  });

  test('after ten minutes is refused with a page that says why, and stores nothing', async () => {
    const { callback, jar } = await atCallback(1);
    await inVault(world, "update pending_legs set expires_at = now() - interval '1 second'");
    const before = await staged();
    const page = await open(callback, { jar });
    expect(page.status).toBe(400);
    expect(page.text).toMatch(/ten minutes|expired/i);
    await expect(staged()).resolves.toEqual(before);
  });
});

const LEGS = [
  { leg: 1, part: 'acme-sso', title: /acme/i },
  { leg: 2, part: 'octo', title: /octo/i },
] as const;
const FAILURES = [
  { name: 'denies', endpoint: 'authorization', mode: 'deny', error: 'access_denied' },
  { name: 'answers 500', endpoint: 'token', mode: 'status500', error: 'temporarily_unavailable' },
  { name: 'answers garbage', endpoint: 'token', mode: 'garbage', error: 'server_error' },
  { name: 'times out', endpoint: 'token', mode: 'hang', error: 'temporarily_unavailable' },
] as const;

describe.each(LEGS)('when the provider of leg $leg', ({ part, title }) => {
  test.each(FAILURES)(
    '$name, the user sees which one and what to do, and trying that leg again completes the sign-in',
    async ({ endpoint, mode }) => {
      await world.demonstration.setFault({ part, endpoint, mode, times: 1 });
      const client = await OAuthClient.register(world.mcpUrl);
      const browser = newBrowser();
      const person = { login: `nina-${part.slice(0, 4)}-${mode.slice(0, 5)}`, password: PASSWORD };
      const request = client.authorizationRequest();
      const failure = await signIn(browser, request.url, person);
      expect(failure.kind).toBe('ended');
      expect(browser.page.text).toMatch(title);
      expect(browser.page.text).toMatch(/try again/i);
      const before = await world.demonstration.counts();
      let landing = await browser.submit({ button: { name: 'decision', value: 'retry' } });
      if (landing.kind === 'page') {
        // If the retry leads to a login or consent page of the provider, the person answers it as before.
        const outcome = await signIn(browser, browser.page.url, person);
        landing = outcome.kind === 'redirected' ? { kind: 'stopped', url: outcome.url } : landing;
      }
      if (landing.kind !== 'stopped')
        throw new Error(`the retry ended at ${browser.page.url}: ${browser.page.text.slice(0, 300)}`);
      const code = new URL(landing.url).searchParams.get('code') ?? '';
      await expect(client.redeem(code, request.codeVerifier)).resolves.toMatchObject({ status: 200 });
      const after = await world.demonstration.counts();
      const other = part === 'octo' ? 'acme-sso' : 'octo';
      const redeemed = (counts: typeof before, at: 'acme-sso' | 'octo') =>
        counts[at].redemptions['authorization_code'] ?? 0;
      expect(redeemed(after, part) - redeemed(before, part)).toBe(1);
      // Leg 1 stays complete: a retry of leg 2 does not repeat it.
      if (part === 'octo') expect(redeemed(after, other) - redeemed(before, other)).toBe(0);
    },
  );

  test.each(FAILURES)(
    '$name and the user gives up, the client is told $error',
    async ({ endpoint, mode, error }) => {
      await world.demonstration.setFault({ part, endpoint, mode, times: 1 });
      const client = await OAuthClient.register(world.mcpUrl);
      const before = await stagedAttempts(world);
      const browser = newBrowser();
      await signIn(browser, client.authorizationRequest().url, { login: 'otto', password: PASSWORD });
      const landing = await browser.submit({ button: { name: 'decision', value: 'cancel' } });
      if (landing.kind !== 'stopped')
        throw new Error(`cancel ended at ${browser.page.url}: ${browser.page.text.slice(0, 300)}`);
      const parameters = new URL(landing.url).searchParams;
      expect(parameters.get('error')).toBe(error);
      expect(parameters.get('iss')).toBe(world.issuer);
      // The client is not kept waiting for the vault.
      await until(async () => [...(await stagedAttempts(world))].every((attempt) => before.has(attempt)));
    },
  );
});

test('a user who cancels the consent page sends the client access_denied, and nothing reached a provider', async () => {
  const client = await OAuthClient.register(world.mcpUrl);
  const browser = newBrowser();
  const outcome = await signIn(browser, client.authorizationRequest().url, {
    login: 'alice',
    password: PASSWORD,
    decision: 'cancel',
  });
  expect(outcome.kind === 'redirected' && new URL(outcome.url).searchParams.get('error')).toBe(
    'access_denied',
  );
  expect(browser.visited.filter((url) => new URL(url).origin !== world.issuer)).toEqual([]);
});
