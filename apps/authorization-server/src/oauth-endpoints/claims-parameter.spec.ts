import 'reflect-metadata';
import { randomToken } from '@gatehouse/kernel/ids';
import { Secret } from '@gatehouse/kernel/secret';
import { TOKEN_EXCHANGE_GRANT, TOKEN_TYPES } from '@gatehouse/kernel/token-types';
import { afterEach, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { sidOf } from '../sessions/sid.js';
import { authorizationRequest, ClientKey, postForm } from '../testing/proving-client.js';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import { pageName, type TestBrowser } from '../testing/test-browser.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';

/** The parameter `claims` of authorization requests. */

const SECRET = 'a-secret-of-a-client-that-asks-for-claims';

let service: TestService;
let replica: TestService;
let key: ClientKey;
let signer: string;

shareWorld(startServiceWorld, async (world) => {
  key = await ClientKey.make();
  const { clientRegistration, resourceUrls } = world.service.config;
  const own = { clientName: 'Asking', clientSecret: new Secret(SECRET), redirectUris: [REDIRECT_URI] };
  const exchange = {
    resources: resourceUrls,
    scopes: ['openid'],
    subjectClients: ['*'],
    actors: [],
    lifespanMs: 60_000,
  };
  const overrides = {
    connectionReuse: 'always' as const,
    clientRegistration: {
      ...clientRegistration,
      clients: [
        { ...own, clientId: 'limited', limits: { scopes: ['openid'] } },
        { ...own, clientId: 'agent', redirectUris: [], tokenExchange: exchange },
      ],
    },
  };
  service = await world.startAnother(overrides);
  replica = await world.startAnother({ ...overrides, issuer: service.issuer });
  signer = await service.register({ require_signed_request_object: true, jwks: { keys: [key.publicJwk] } });
});

afterEach(() => {
  service.vault.how = {};
});

let people = 0;
const somebody = (): string => `claims-${(people += 1)}`;

type Fields = Readonly<Record<string, string>>;
const IN_TOKEN = { id_token: { name: null } };
const IN_USER_INFO = { id_token: { auth_time: null }, userinfo: { name: { essential: true } } };

async function userInfo(token: string | undefined, at = service): Promise<Readonly<Record<string, unknown>>> {
  const headers = { authorization: `Bearer ${token ?? ''}` };
  return (await (await fetch(`${at.local}/oauth/userinfo`, { headers })).json()) as never;
}

async function asked(
  claims: unknown,
  {
    browser = service.browser(),
    login = somebody(),
    clientId,
    ...more
  }: { browser?: TestBrowser; login?: string; clientId?: string } & Readonly<Record<string, unknown>> = {},
) {
  const id = clientId ?? (await service.register());
  const fields = { scope: 'openid offline_access', claims: JSON.stringify(claims), ...(more as Fields) };
  const { url, verifier } = service.authorizeUrl(id, fields);
  const result = await service.signIn(browser, url, login);
  const answer = await redeem(id, result.get('code') ?? '', verifier);
  return {
    clientId: id,
    result,
    answer,
    said: answer.id_token === undefined ? {} : decodeJwt(answer.id_token),
  };
}

const redeem = async (clientId: string, code: string, verifier: string) =>
  await service.token({
    grant_type: 'authorization_code',
    ...{ client_id: clientId, code, code_verifier: verifier, redirect_uri: REDIRECT_URI },
    ...(clientId === 'limited' ? { client_secret: SECRET } : {}),
  });

// OpenID Connect Core, section 5.5.
describe('claims that are asked for one by one', () => {
  test('come where they were asked for, also after a refresh, and the token holds no scope for them', async () => {
    const inToken = await asked(IN_TOKEN);
    expect(inToken.said).toHaveProperty('name');
    expect(inToken.answer.scope).toBe('openid offline_access');
    const again = await replica.refresh(inToken.clientId, inToken.answer.refresh_token ?? '');
    expect(decodeJwt(again.id_token ?? '')).toHaveProperty('name');
    const { answer, said, clientId } = await asked(IN_USER_INFO);
    expect(said).not.toHaveProperty('name');
    expect(await userInfo(answer.access_token, replica)).toHaveProperty('name');
    const renewed = await replica.refresh(clientId, answer.refresh_token ?? '');
    expect(await userInfo(renewed.access_token)).toHaveProperty('name');
    expect(await userInfo((await asked({ id_token: {} })).answer.access_token)).not.toHaveProperty('name');
  });

  test('come the same when they are pushed, and when they are signed', async () => {
    const fields = (verifier: string, id: string) => authorizationRequest(service, id, verifier);
    const ends: [string, (verifier: string) => Promise<Fields>][] = [
      [
        await service.register(),
        async (verifier) => {
          const form = { ...fields(verifier, ends[0]?.[0] ?? ''), claims: JSON.stringify(IN_USER_INFO) };
          const { body } = await postForm(service, '/oauth/par', form);
          return { request_uri: String(body['request_uri']) };
        },
      ],
      [
        signer,
        async (verifier) => ({
          request: await key.signed(
            {
              ...fields(verifier, signer),
              claims: IN_USER_INFO,
              ...{ iss: signer, aud: service.issuer, exp: Math.floor(Date.now() / 1_000) + 60 },
            },
            { typ: 'oauth-authz-req+jwt' },
          ),
        }),
      ],
    ];
    for (const [clientId, make] of ends) {
      const verifier = randomToken();
      const url = new URL('/oauth/authorize', service.issuer);
      for (const [name, value] of Object.entries({ client_id: clientId, ...(await make(verifier)) }))
        url.searchParams.set(name, value);
      const result = await service.signIn(service.browser(), url.href, somebody());
      const answer = await redeem(clientId, result.get('code') ?? '', verifier);
      expect(decodeJwt(answer.id_token ?? '')).not.toHaveProperty('name');
      expect(await userInfo(answer.access_token)).toHaveProperty('name');
    }
  });

  test('that are not known here count for nothing, however essential', async () => {
    const { said, result, answer } = await asked({
      id_token: { 'https://acme.example/badge': { essential: true, value: 7 }, birthdate: null, sid: null },
      userinfo: { phone_number: { essential: true } },
    });
    expect(result.get('error')).toBeNull();
    expect(said).not.toHaveProperty('birthdate');
    expect(said['sid']).toBe(sidOf(String(decodeJwt(answer.access_token ?? '')['tsid'])));
  });

  test('auth_time is told', async () => {
    expect((await asked({ id_token: { auth_time: { essential: true } } })).said).toHaveProperty('auth_time');
  });

  test('the metadata says that they can be asked for', async () => {
    const metadata = await (await fetch(`${service.local}/.well-known/openid-configuration`)).json();
    expect(metadata).toMatchObject({ claims_parameter_supported: true });
  });
});

describe('attack: a client gets more of a person than they saw', () => {
  test('a claim is approved like the scope that holds it', async () => {
    const [browser, login] = [service.browser(), somebody()];
    const { clientId } = await asked({ id_token: {} }, { browser, login });
    const { url } = service.authorizeUrl(clientId, {
      scope: 'openid offline_access',
      claims: JSON.stringify({ userinfo: { email: null } }),
    });
    const page = await browser.follow(await browser.get(url));
    expect(pageName(page)).toBe('consent');
    const { url: byScope } = service.authorizeUrl(clientId, { scope: 'openid offline_access email' });
    const same = await browser.follow(await browser.get(byScope));
    const lines = (body: string) => body.split('\n').filter((line) => line.includes('mail'));
    expect(lines(page.body)).toEqual(lines(same.body));
  });

  test('a claim of a scope that the client may not have is left out, however essential', async () => {
    const { answer, said } = await asked(
      { id_token: { name: { essential: true } }, userinfo: { name: null } },
      { clientId: 'limited' },
    );
    expect(said).not.toHaveProperty('name');
    expect(await userInfo(answer.access_token)).not.toHaveProperty('name');
  });

  test('whoever acts for the person at that client gets none of them', async () => {
    const { answer } = await asked({ userinfo: { name: null } });
    expect(await userInfo(answer.access_token)).toHaveProperty('name');
    const exchanged = await service.token({
      grant_type: TOKEN_EXCHANGE_GRANT,
      ...{ client_id: 'agent', client_secret: SECRET, resource: service.config.resourceUrl },
      subject_token: answer.access_token ?? '',
      subject_token_type: TOKEN_TYPES.access_token,
    });
    expect(exchanged.status).toBe(200);
    const told = await userInfo(exchanged.access_token);
    expect(told).toHaveProperty('sub');
    expect(told).not.toHaveProperty('name');
  });

  test.each<[string, unknown]>([
    ['long ones', { id_token: { x: { value: 'x'.repeat(4_096) } } }],
    ['many', { id_token: Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`c${index}`, null])) }],
    ['a subject that is no text', { id_token: { sub: { value: 7 } } }],
    ['two subjects', { id_token: { sub: { value: 'a' } }, userinfo: { sub: { value: 'b' } } }],
    ['no list of ways to authenticate', { id_token: { acr: { essential: true, values: 'gold' } } }],
    ['nothing at all', []],
    ['of neither place', { access_token: {} }],
  ])('%s are refused, also when they are pushed', async (_what, claims) => {
    const clientId = await service.register();
    const written = JSON.stringify(claims);
    const { url } = service.authorizeUrl(clientId, { scope: 'openid', claims: written });
    const browser = service.browser();
    const { location = '' } = await browser.follow(await browser.get(url));
    expect(new URL(location).searchParams.get('error')).toBe('invalid_request');
    const form = { ...authorizationRequest(service, clientId, randomToken()), claims: written };
    const { status, body } = await postForm(service, '/oauth/par', form);
    expect([status, body['error']]).toEqual([400, 'invalid_request']);
  });
});

// OpenID Connect Core, section 5.5.1.1.
describe('how the person has to authenticate', () => {
  const GOLD = { acr: 'urn:acme:gold' };
  const essential = {
    id_token: { acr: { essential: true, values: ['urn:acme:gold', 'urn:acme:platinum'] } },
  };

  test('goes to the primary provider, and what it did is told', async () => {
    service.vault.how = GOLD;
    const begun = service.vault.begun.length;
    const { said } = await asked(essential);
    expect(said).toMatchObject(GOLD);
    expect(service.vault.begun[begun]?.acrValues).toBe('urn:acme:gold urn:acme:platinum');
  });

  test('sends a person there again who is signed in otherwise (step-up)', async () => {
    const [browser, login] = [service.browser(), somebody()];
    service.vault.how = { acr: 'urn:acme:silver' };
    await asked({ id_token: {} }, { browser, login });
    service.vault.how = GOLD;
    expect((await asked(essential, { browser, login })).said).toMatchObject(GOLD);
  });

  test('attack: whoever authenticated otherwise gets no code where that is essential, and the client is told', async () => {
    service.vault.how = { acr: 'urn:acme:silver' };
    for (const acr of [essential.id_token.acr, { essential: true, value: 'urn:acme:gold' }]) {
      const { result } = await asked({ id_token: { acr } });
      expect([result.get('error'), result.get('code'), result.get('state'), result.get('iss')]).toEqual([
        'unmet_authentication_requirements',
        null,
        'client-state',
        service.issuer,
      ]);
    }
    const beside = await asked(essential, { acr_values: 'urn:acme:silver' });
    expect(beside.result.get('error')).toBe('unmet_authentication_requirements');
  });

  test('is a wish where it is not essential', async () => {
    service.vault.how = { acr: 'urn:acme:silver' };
    expect((await asked({ id_token: { acr: { value: 'urn:acme:gold' } } })).said['acr']).toBe(
      'urn:acme:silver',
    );
  });
});

// OpenID Connect Core, section 5.5.1.
describe('who the person has to be', () => {
  test('the same person goes through, by one value or several', async () => {
    const [browser, login] = [service.browser(), somebody()];
    const { said } = await asked({ id_token: {} }, { browser, login });
    const { sub } = said;
    for (const wanted of [{ value: sub }, { values: ['somebody-else', sub] }])
      expect((await asked({ id_token: { sub: wanted } }, { browser, login })).said.sub).toBe(sub);
  });

  test('attack: somebody else gets no code for them, signed in before or not', async () => {
    const { said } = await asked({ id_token: {} });
    const other = service.browser();
    const wanted = { id_token: { sub: { value: said.sub } } };
    expect((await asked(wanted, { browser: other })).result.get('error')).toBe('login_required');
    const login = somebody();
    await asked({ id_token: {} }, { browser: other, login });
    expect((await asked(wanted, { browser: other, login })).result.get('error')).toBe('login_required');
    const inUserInfo = { userinfo: { sub: { values: ['nobody'] } } };
    expect((await asked(inUserInfo, { browser: other, login })).result.get('error')).toBe('login_required');
  });

  test('prompt=none says so without a page', async () => {
    const [browser, login] = [service.browser(), somebody()];
    const { clientId } = await asked({ id_token: {} }, { browser, login });
    for (const claims of [
      { id_token: { sub: { value: 'somebody-else' } } },
      { id_token: { acr: { essential: true, values: ['urn:acme:gold'] } } },
    ]) {
      const { url } = service.authorizeUrl(clientId, {
        ...{ scope: 'openid offline_access', prompt: 'none', claims: JSON.stringify(claims) },
      });
      const { location = '' } = await browser.follow(await browser.get(url));
      expect(new URL(location).searchParams.get('error')).toBe('login_required');
    }
  });
});

test('attack: a client that the person has not approved does not hear by prompt=none whether it is them', async () => {
  const [browser, login] = [service.browser(), somebody()];
  const { said } = await asked({ id_token: {} }, { browser, login });
  const framed = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' };
  const errorOf = async (sub: unknown, headers: Fields = {}) => {
    const claims = JSON.stringify({ id_token: { sub: { value: sub } } });
    const { url } = service.authorizeUrl(await service.register(), {
      scope: 'openid',
      prompt: 'none',
      claims,
    });
    const { location = '' } = await browser.follow(await browser.get(url, headers));
    return new URL(location).searchParams.get('error');
  };
  for (const headers of [{}, framed])
    expect([await errorOf(said.sub, headers), await errorOf('somebody-else', headers)]).toEqual([
      'consent_required',
      'consent_required',
    ]);
});
