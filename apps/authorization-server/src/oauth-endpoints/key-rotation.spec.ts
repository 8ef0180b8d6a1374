import 'reflect-metadata';
import { signingKeysCurrent } from '@gatehouse/contracts/authorization-server/signing-keys-current';
import { Secret } from '@gatehouse/kernel/secret';
import { TOKEN_EXCHANGE_GRANT, TOKEN_TYPES } from '@gatehouse/kernel/token-types';
import { askOnce } from '@gatehouse/messaging/ask-once';
import { printFigure } from '@gatehouse/testing/figures';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, type JWK } from 'jose';
import { signedJwt } from '../signing-keys/signed-jwt.js';
import type { SigningKey } from '../signing-keys/signing-key.js';
import { WatchSigningKeys } from '../signing-keys/watch-signing-keys.job.js';
import { publishedAt, RotatedKeys } from '../testing/rotated-keys.js';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { pageName } from '../testing/test-browser.js';
import type { TestService, TokenAnswer } from '../testing/test-service.js';

const SECRET = 'a-secret-of-a-client-that-outlives-keys';
const CALLBACK = 'https://app.example/callback';
const HOUR_MS = 3_600_000;

let world: ServiceWorld;
let service: TestService;
let replica: TestService;
let keys: RotatedKeys;
let overrides: Partial<TestService['config']>;

shareWorld(startServiceWorld, async (started) => {
  world = started;
  const { clientRegistration, resourceUrls, tokenLifespans } = started.service.config;
  const own = { clientName: 'Desk', clientSecret: new Secret(SECRET), redirectUris: [] };
  overrides = {
    connectionReuse: 'always',
    // Nothing ends while a busy machine takes its time.
    tokenLifespans: {
      ...tokenLifespans,
      ...{ accessTokenLifespanMs: HOUR_MS, refreshTokenLifespanMs: 2 * HOUR_MS, authCodeLifespanMs: HOUR_MS },
    },
    clientRegistration: {
      ...clientRegistration,
      clients: [
        { ...own, clientId: 'web', redirectUris: [CALLBACK] },
        { ...own, clientId: 'api', introspection: { resources: resourceUrls } },
        {
          ...own,
          clientId: 'agent',
          tokenExchange: {
            ...{ subjectClients: ['*'], actors: [], resources: [...resourceUrls], scopes: [] },
            lifespanMs: HOUR_MS,
          },
        },
      ],
    },
  };
  service = await world.startAnother(overrides);
  overrides = { ...overrides, issuer: service.issuer };
  replica = await world.startAnother(overrides);
  keys = new RotatedKeys(world, [started.service, service, replica]);
});

afterEach(() => {
  jest.restoreAllMocks();
});

test('attack: a replica that cannot read the keys gives nobody a set that may lack the key of another one', async () => {
  const ask = async (at: TestService): Promise<Response> => await fetch(`${at.local}/.well-known/jwks.json`);
  jest.spyOn(replica.app.get(WatchSigningKeys), 'isBlind', 'get').mockReturnValue(true);
  const answer = await ask(replica);
  expect(answer.status).toBe(503);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('retry-after')).toBe('2');
  expect(await answer.json()).toEqual({
    error: 'temporarily_unavailable',
    error_description: 'The signing keys cannot be read.',
  });
  expect((await ask(service)).status).toBe(200);
  jest.restoreAllMocks();
  expect((await ask(replica)).headers.get('cache-control')).toMatch(/^public, max-age=/);
});

let people = 0;
const somebody = (): string => `rotated-${(people += 1)}`;
const kidOf = (token = ''): string => decodeProtectedHeader(token).kid ?? '';

const asClient = (clientId: string) => ({
  authorization: `Basic ${Buffer.from(`${clientId}:${SECRET}`).toString('base64')}`,
});

async function post(at: TestService, path: string, clientId: string, fields: Record<string, string>) {
  const body = new URLSearchParams(fields);
  const response = await fetch(`${at.local}/oauth/${path}`, {
    method: 'POST',
    headers: asClient(clientId),
    body,
  });
  return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
}

const userInfo = async (at: TestService, token = ''): Promise<number> =>
  (await fetch(`${at.local}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status;

const isActive = async (at: TestService, token = ''): Promise<unknown> =>
  (await post(at, 'introspect', 'api', { token })).body['active'];

/** Somebody at the client that no other program can be, at a browser of theirs. */
async function atWebClient() {
  const [browser, login] = [service.browser(), somebody()];
  const { url, verifier } = service.authorizeUrl('web', {
    redirect_uri: CALLBACK,
    scope: 'openid offline_access',
  });
  const code = (await service.signIn(browser, url, login, CALLBACK)).get('code') ?? '';
  const fields = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: CALLBACK };
  const { body } = await post(service, 'token', 'web', fields);
  return { browser, token: body as unknown as TokenAnswer };
}

/** Begins at one replica, and is finished at another one. @returns whether somebody was refused, and the tokens of afterwards. */
type Flow = () => Promise<
  (at: TestService) => Promise<{ ok: boolean; tokens?: readonly (string | undefined)[] }>
>;

const FLOWS: Readonly<Record<string, Flow>> = {
  'a code that is redeemed afterwards': async () => {
    const clientId = await service.register();
    const { url, verifier } = service.authorizeUrl(clientId, { scope: 'openid' });
    const code = (await service.signIn(service.browser(), url, somebody())).get('code') ?? '';
    return async (at) => {
      const { status, access_token, id_token } = await at.redeem(clientId, code, verifier);
      return { ok: status === 200, tokens: [access_token, id_token] };
    };
  },
  'a client that registered RS256, and redeems its code afterwards': async () => {
    const clientId = await service.register({ id_token_signed_response_alg: 'RS256' });
    const { url, verifier } = service.authorizeUrl(clientId, { scope: 'openid' });
    const code = (await service.signIn(service.browser(), url, somebody())).get('code') ?? '';
    return async (at) => {
      const { status, id_token } = await at.redeem(clientId, code, verifier);
      return {
        ok: status === 200 && decodeProtectedHeader(id_token ?? '').alg === 'RS256',
        tokens: [id_token],
      };
    };
  },
  'a sign-in that is at its second provider': async () => {
    const [browser, login] = [service.browser(), somebody()];
    const away = await service.atSecondProvider(browser, login);
    return async (at) => {
      const through = browser.through(at.local);
      const next = await at.answerLeg(through, away, { code: `octo.example-${login}` });
      return { ok: new URL(next.location ?? '').hostname === 'wiki.example' };
    };
  },
  'a refresh token': async () => {
    const { clientId, answer } = await service.tokens(somebody());
    return async (at) => {
      const { status, access_token } = await at.refresh(clientId, answer.refresh_token ?? '');
      return { ok: status === 200, tokens: [access_token] };
    };
  },
  'an access token, shown to userinfo and to introspection': async () => {
    const { answer } = await service.tokens(somebody());
    return async (at) => ({
      ok:
        (await userInfo(at, answer.access_token)) === 200 &&
        (await isActive(at, answer.access_token)) === true,
    });
  },
  'an access token that a client exchanges': async () => {
    const { answer } = await service.tokens(somebody());
    return async (at) => {
      const { status, body } = await post(at, 'token', 'agent', {
        grant_type: TOKEN_EXCHANGE_GRANT,
        subject_token: answer.access_token ?? '',
        subject_token_type: TOKEN_TYPES.access_token,
        resource: at.config.resourceUrl,
      });
      return { ok: status === 200, tokens: [String(body['access_token'])] };
    };
  },
  'a client that asks with its identity token whether its person is still there': async () => {
    const { browser, token } = await atWebClient();
    return async (at) => {
      const more = { prompt: 'none', id_token_hint: token.id_token, redirect_uri: CALLBACK };
      const { url } = service.authorizeUrl('web', { ...more, scope: 'openid offline_access' });
      const through = browser.through(at.local);
      const { location = '' } = await through.follow(await through.get(url));
      return { ok: new URL(location).searchParams.has('code') };
    };
  },
  'a client that sends its person to sign out': async () => {
    const { browser, token } = await atWebClient();
    return async (at) => {
      const query = new URLSearchParams({ id_token_hint: token.id_token ?? '' }).toString();
      const through = browser.through(at.local);
      const page = await through.follow(await through.get(`${service.issuer}/oauth/end-session?${query}`));
      return { ok: pageName(page) === 'confirm-logout' && page.body.includes('Desk') };
    };
  },
};

describe('while keys are exchanged, nobody is signed out:', () => {
  test('each flow that began before is finished after, at another replica, and at one that was started anew', async () => {
    const before = keys.get(service).signing.kid;
    const begun = async () =>
      await Promise.all(Object.entries(FLOWS).map(async ([name, begin]) => [name, await begin()] as const));
    const [atPublished, atChanged, atRestarted] = [await begun(), await begun(), await begun()];
    let finished = 0;
    const refused: string[] = [];
    const finish = async (stage: string, flows: Awaited<ReturnType<typeof begun>>, at: TestService) => {
      const signed = new Set<string>();
      for (const [name, end] of flows) {
        const { ok, tokens = [] } = await end(at);
        finished += 1;
        if (!ok) refused.push(`${stage}: ${name}`);
        for (const token of tokens) {
          // A verifier that fetched the keys when the next ones were published, and keeps them.
          await expect(jwtVerify(token ?? '', cached)).resolves.toBeDefined();
          signed.add(kidOf(token));
        }
      }
      return signed;
    };
    await keys.rotate();
    const published = await publishedAt(replica);
    expect(published).toEqual(await publishedAt(service));
    expect(published.kids).toHaveLength(4);
    expect(published.keys.filter(({ d }) => d !== undefined)).toEqual([]);
    expect(published.cacheControl).toBe('public, max-age=3600');
    const cached = createLocalJWKSet({ keys: published.keys as unknown as JWK[] });
    expect(await finish('published', atPublished, replica)).toContain(before);
    await keys.change();
    const after = keys.get(service).signing.kid;
    expect([keys.get(replica).signing.kid, published.kids.includes(after)]).toEqual([after, true]);
    const signedNow = await finish('changed', atChanged, replica);
    expect([signedNow.has(after), signedNow.has(before)]).toEqual([true, false]);
    const restarted = await world.startAnother(overrides);
    expect(await finish('restarted', atRestarted, restarted)).toEqual(signedNow);
    await restarted.close();
    printFigure(
      `signing keys exchanged in the middle of ${Object.keys(FLOWS).length} kinds of flows, two replicas and a restart: ${finished} finished, ${refused.length} refused`,
    );
    expect(refused).toEqual([]);
  });

  test('and an identity token counts for its client for as long as a session may last', async () => {
    const [begin] = [FLOWS['a client that asks with its identity token whether its person is still there']];
    const end = await begin?.();
    await keys.rotate();
    await keys.change();
    await keys.pass(3 * HOUR_MS);
    expect(await end?.(replica)).toEqual({ ok: true });
  });
});

/** As this server would sign it, with one of its keys. */
const forged = async (like: TokenAnswer, key: SigningKey): Promise<string> =>
  await signedJwt(key, 'at+jwt', {
    ...decodeJwt(like.access_token ?? ''),
    exp: Math.floor(Date.now() / 1_000) + 3_600,
  });

const onTheBus = async (): Promise<readonly string[]> => {
  const reply = await askOnce(world.nats.optionsOf('vmcp-proxy'), signingKeysCurrent, {});
  return reply.keys.map(({ kid }) => kid);
};

describe('keys whose time it is not', () => {
  test('attack: a token that the next key signed before its time is refused, and proxies hear nothing of that key', async () => {
    const { answer } = await service.tokens(somebody());
    await keys.rotate();
    const signer = keys.get(service).signing;
    const { kids } = await publishedAt(service);
    const next = kids
      .map((kid) => keys.get(service).withId(kid))
      .find(
        (key) => key?.alg === 'ES256' && key.kid !== signer.kid && key.kid !== kidOf(answer.access_token),
      );
    if (next === undefined) throw new Error('no key is next');
    const early = await forged(answer, next);
    expect([await userInfo(replica, early), await isActive(replica, early)]).toEqual([401, false]);
    expect(await onTheBus()).not.toContain(next.kid);
    await keys.change();
    expect(keys.get(replica).signing.kid).toBe(next.kid);
    expect([await userInfo(replica, early), await onTheBus()]).toEqual([
      200,
      expect.arrayContaining([next.kid]),
    ]);
  });

  test('attack: a token that a former key signs is refused once nothing of that key can be valid any more', async () => {
    const { answer } = await service.tokens(somebody());
    const former = keys.get(service).signing;
    await keys.rotate();
    await keys.change();
    expect(await userInfo(replica, answer.access_token)).toBe(200);
    await keys.pass(HOUR_MS + 600_000);
    const late = await forged(answer, former);
    expect([await userInfo(replica, late), await isActive(replica, late)]).toEqual([401, false]);
    expect((await publishedAt(replica)).kids).not.toContain(former.kid);
    expect(await onTheBus()).not.toContain(former.kid);
  });

  test('attack: a key that leaked and was withdrawn is worth nothing at any replica; clients get tokens of another one', async () => {
    const { clientId, answer } = await service.tokens(somebody());
    const leaked = keys.get(service).signing;
    await keys.withdraw(leaked.kid);
    for (const at of [service, replica]) {
      expect(await userInfo(at, await forged(answer, leaked))).toBe(401);
      expect((await publishedAt(at)).kids).not.toContain(leaked.kid);
    }
    expect(keys.get(service).signing.kid).toBe(keys.get(replica).signing.kid);
    const refreshed = await replica.refresh(clientId, answer.refresh_token ?? '');
    expect([refreshed.status, await userInfo(service, refreshed.access_token)]).toEqual([200, 200]);
    // Its identity tokens are worth as little.
    const hint = await signedJwt(leaked, 'JWT', {
      ...decodeJwt(answer.id_token ?? ''),
      sub: 'somebody-else',
    });
    const { url } = service.authorizeUrl(clientId, { prompt: 'none', id_token_hint: hint });
    const { location = '' } = await service.browser().get(url);
    expect(new URL(location).searchParams.get('error')).toBe('invalid_request');
  });
});
