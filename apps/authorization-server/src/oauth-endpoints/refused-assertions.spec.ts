import 'reflect-metadata';
import { afterEach, describe, expect, test } from '@jest/globals';
import { JWT_BEARER_GRANT } from '@gatehouse/kernel/token-types';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { decodeJwt, exportJWK, exportSPKI, SignJWT, UnsecuredJWT } from 'jose';
import { AssertionWorld, CLIENT, OTHER_CLIENT } from '../testing/assertion-world.js';
import { basic, said, tokenIn } from '../testing/exchange-world.js';
import { ClientKey, postForm } from '../testing/proving-client.js';
import { shareWorld } from '../testing/service-world.js';
import { REDIRECT_URI } from '../testing/test-service.js';

/** What nobody gets for an assertion about a person (RFC 7523, section 3; RFC 8725). */

const log = new KeptLog();
let world: AssertionWorld;
/** Of somebody who has an account. */
let subject: string;
shareWorld(
  async () => await AssertionWorld.start(log),
  async (started) => {
    world = started;
    subject = await world.member();
  },
);
afterEach(() => {
  world.idp.publishes = undefined;
});

const nowSeconds = (): number => Math.floor(Date.now() / 1_000);
const INVALID = '400 invalid_grant';

/** The same as a good one but for the claims, and that a good one is taken. */
async function isRefused(change: Readonly<Record<string, unknown>>): Promise<string> {
  const answer = await world.redeem(await world.assertion(subject, change));
  expect(answer.body).not.toHaveProperty('access_token');
  expect((await world.redeem(await world.assertion(subject))).status).toBe(200);
  return said(answer);
}

// RFC 7523, section 3.
describe('an assertion is good once, and for one client, server and purpose:', () => {
  // Rule 7.
  test('attack: one that was used is presented again, at the same replica and at another one', async () => {
    const assertion = await world.assertion(subject);
    expect((await world.redeem(assertion)).status).toBe(200);
    for (const at of [world.service, world.replica])
      expect(said(await world.redeem(assertion, { at }))).toBe(INVALID);
  });

  test('attack: one is presented at both replicas at once, and gives one token', async () => {
    for (let race = 0; race < 5; race += 1) {
      const assertion = await world.assertion(subject);
      const replicas = [world.service, world.replica, world.service, world.replica];
      const answers = await Promise.all(replicas.map(async (at) => await world.redeem(assertion, { at })));
      expect(answers.map(said).filter((one) => one !== INVALID)).toEqual(['200 undefined']);
    }
  });

  test('attack: one that was used is presented again when its session was ended, and begins none', async () => {
    const assertion = await world.assertion(subject);
    const token = tokenIn(await world.redeem(assertion));
    expect((await postForm(world.service, '/oauth/revoke', { token }, basic(CLIENT))).status).toBe(200);
    const before = await world.sessions();
    expect(said(await world.redeem(assertion, { at: world.replica }))).toBe(INVALID);
    expect(await world.sessions()).toBe(before);
  });

  test('attack: one is made new by other claims around the same jti', async () => {
    const jti = 'used-once';
    expect((await world.redeem(await world.assertion(subject, { jti }))).status).toBe(200);
    const again = await world.assertion(await world.member(), { jti, scope: 'openid' });
    expect(said(await world.redeem(again))).toBe(INVALID);
  });

  // Rule 3.
  test.each<[string, () => unknown]>([
    ['another server', () => 'https://elsewhere.example'],
    ['the token endpoint', () => `${world.service.issuer}/oauth/token`],
    ['the MCP endpoint', () => world.whole],
    ['this server and another one', () => [world.service.issuer, 'https://elsewhere.example']],
    ['the issuer of this server, with a slash', () => `${world.service.issuer}/`],
    ['nobody', () => undefined],
    ['no server of a list', () => []],
  ])('attack: one that is for %s', async (_whom, aud) => {
    expect(await isRefused({ aud: aud() })).toBe(INVALID);
  });

  test('attack: one that was made for another client', async () => {
    const stolen = await world.assertion(subject);
    expect(said(await world.redeem(stolen, { as: OTHER_CLIENT }))).toBe(INVALID);
    expect(await isRefused({ client_id: OTHER_CLIENT })).toBe(INVALID);
    // It was not used up by the thief.
    expect((await world.redeem(stolen)).status).toBe(200);
  });

  // RFC 8725, section 3.11.
  test.each(['JWT', 'at+jwt', 'oauth-id-jag', undefined])('attack: a token of the type %s', async (typ) => {
    const assertion = await world.assertion(subject, {}, { typ });
    expect(said(await world.redeem(assertion))).toBe(INVALID);
  });

  test('attack: an id_token of the provider, and an access token of this server', async () => {
    const own = tokenIn(await world.redeem(await world.assertion(subject)));
    for (const token of [await world.idp.idToken(subject), own, 'made-up', 'a.b.c'])
      expect(said(await world.redeem(token))).toBe(INVALID);
  });
});

// RFC 8725, sections 3.1 and 3.2.
describe('only what an issuer has signed that is believed is taken:', () => {
  test('attack: one without a signature', async () => {
    const claims = { iss: world.idp.origin, jti: 'none', iat: nowSeconds(), exp: nowSeconds() + 60 };
    const bare = new UnsecuredJWT({ ...world.claims(subject), ...claims }).encode();
    const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'oauth-id-jag+jwt' })).toString(
      'base64url',
    );
    for (const token of [bare, [header, ...bare.split('.').slice(1)].join('.')])
      expect(said(await world.redeem(token))).toBe(INVALID);
  });

  test('attack: one that is signed with a secret: the public key, or the client’s', async () => {
    const { publicKey } = await world.idp.keys;
    const secrets = [await exportSPKI(publicKey), JSON.stringify(await exportJWK(publicKey)), 'a-secret'];
    for (const secret of secrets) {
      const claims = { iss: world.idp.origin, jti: secret, iat: nowSeconds(), exp: nowSeconds() + 60 };
      const token = await new SignJWT({ ...world.claims(subject), ...claims })
        .setProtectedHeader({ alg: 'HS256', typ: 'oauth-id-jag+jwt' })
        .sign(new TextEncoder().encode(secret.padEnd(32, ' ')));
      expect(said(await world.redeem(token))).toBe(INVALID);
    }
  });

  test('attack: one that somebody else has signed in the name of the provider', async () => {
    const mallory = await ClientKey.make();
    const claims = { iss: world.idp.origin, jti: 'forged', iat: nowSeconds(), exp: nowSeconds() + 60 };
    const ids = [undefined, 'key-of-the-idp', mallory.publicJwk.kid];
    for (const kid of ids) {
      const header = { typ: 'oauth-id-jag+jwt', ...(kid === undefined ? {} : { kid }) };
      const forged = await mallory.signed({ ...world.claims(subject), ...claims }, header);
      expect(said(await world.redeem(forged))).toBe(INVALID);
      const brought = await mallory.signed(
        { ...world.claims(subject), ...claims },
        { ...header, jwk: mallory.publicJwk },
      );
      expect(said(await world.redeem(brought))).toBe(INVALID);
    }
  });

  test('attack: one of an issuer that nobody believes, or that this client does not speak for', async () => {
    const stranger = await world.unheard.assertion(world.claims(subject, { iss: 'https://evil.example' }));
    expect(said(await world.redeem(stranger))).toBe(INVALID);
    expect(said(await world.redeem(await world.unheard.assertion(world.claims(subject))))).toBe(INVALID);
    const inItsName = await world.unheard.assertion(world.claims(subject, { iss: world.idp.origin }));
    expect(said(await world.redeem(inItsName))).toBe(INVALID);
    const slash = await world.assertion(subject, { iss: `${world.idp.origin}/` });
    expect(said(await world.redeem(slash))).toBe(INVALID);
    // Whoever is not believed makes this server fetch nothing.
    expect(world.unheard.fetched).toEqual([]);
  });

  test('attack: one comes while the keys of its issuer cannot be fetched, and is good when they can', async () => {
    const at = await world.another({});
    const assertion = await world.assertion(subject);
    const [failing, another] = [
      [500, {}],
      [200, { issuer: 'https://evil.example', jwks_uri: world.unheard.jwksUrl }],
    ] as const;
    world.idp.publishes = failing;
    const answer = await world.redeem(assertion, { at });
    expect(said(answer)).toBe('503 temporarily_unavailable');
    expect(JSON.stringify(answer.body)).not.toContain(world.idp.origin);
    expect(log.of('assertion-keys-not-fetched')[0]).toMatchObject({ issuer: world.idp.origin });
    // Metadata that name another issuer are none.
    world.idp.publishes = another;
    const third = await world.another({});
    expect(said(await world.redeem(assertion, { at: third }))).toBe('503 temporarily_unavailable');
    expect(world.unheard.fetched).toEqual([]);
    world.idp.publishes = undefined;
    expect((await world.redeem(assertion, { at: await world.another({}) })).status).toBe(200);
  });
});

// RFC 7523, section 3, rules 2 and 4 to 6.
describe('an assertion is short-lived, and names somebody:', () => {
  test.each<[string, () => Readonly<Record<string, unknown>>]>([
    ['that has expired', () => ({ iat: nowSeconds() - 120, exp: nowSeconds() - 60 })],
    ['that never expires', () => ({ exp: undefined })],
    ['that does not say when it was made', () => ({ iat: undefined })],
    ['that is good for an hour', () => ({ exp: nowSeconds() + 3_600 })],
    ['that was made long ago', () => ({ iat: nowSeconds() - 3_600, exp: nowSeconds() + 60 })],
    ['that was made in the future', () => ({ iat: nowSeconds() + 60, exp: nowSeconds() + 120 })],
    ['that is not good yet', () => ({ nbf: nowSeconds() + 60 })],
    ['without jti', () => ({ jti: undefined })],
    ['with an empty jti', () => ({ jti: '' })],
    ['without a client', () => ({ client_id: undefined })],
    ['without a subject', () => ({ sub: undefined })],
    ['whose subject is a number', () => ({ sub: 1 })],
    ['whose subject no database holds', () => ({ sub: 'a\u0000b' })],
    ['of a tenant', () => ({ tenant: 'another' })],
    ['in which somebody acts', () => ({ act: { sub: 'mallory' } })],
    ['with authorization_details', () => ({ authorization_details: [] })],
    ['whose scope is a list', () => ({ scope: ['openid'] })],
  ])('one %s', async (_what, change) => {
    expect(await isRefused(change())).toBe(INVALID);
  });

  test('somebody who has no account, and one whose subject is longer', async () => {
    for (const other of ['acme-sso.example-nobody', `${subject}x`, subject.toUpperCase(), `${subject} `])
      expect(said(await world.redeem(await world.assertion(other)))).toBe(INVALID);
  });

  test('of another provider than the primary one, where the subject is somebody’s', async () => {
    const login = subject.replace('acme-sso.example-', '');
    expect(said(await world.redeem(await world.assertion(`octo.example-${login}`)))).toBe(INVALID);
  });

  test('a tenant that is expected, and no other one', async () => {
    const assertionIssuers = world.service.config.assertionIssuers.map((one) => ({ ...one, tenant: 'acme' }));
    const at = await world.another({ assertionIssuers });
    for (const tenant of [undefined, 'ACME', 'another'])
      expect(said(await world.redeem(await world.assertion(subject, { tenant }), { at }))).toBe(INVALID);
    expect((await world.redeem(await world.assertion(subject, { tenant: 'acme' }), { at })).status).toBe(200);
  });

  test('by another claim than sub, where the configuration says so', async () => {
    const assertionIssuers = world.service.config.assertionIssuers.map((one) => ({
      ...one,
      subjectClaim: 'oid',
    }));
    const at = await world.another({ assertionIssuers });
    expect(said(await world.redeem(await world.assertion(subject), { at }))).toBe(INVALID);
    const named = await world.assertion('pairwise', { oid: subject });
    expect((await world.redeem(named, { at })).status).toBe(200);
  });
});

// RFC 6749, section 5.2. RFC 8707, section 2.
describe('nobody gets more than is asserted, and than the configuration gives the client:', () => {
  test('attack: more scope than is asserted, and more than the client may have', async () => {
    for (const scope of ['tickets:write', 'tickets:read tickets:write', 'tickets:close', 'made-up']) {
      const asserted = await world.assertion(subject);
      expect(said(await world.redeem(asserted, { change: { scope } }))).toBe('400 invalid_scope');
      expect((await world.redeem(asserted)).status).toBe(200);
    }
    const wide = await world.assertion(subject, { scope: 'openid tickets:close' });
    expect(said(await world.redeem(wide, { change: { scope: 'tickets:close' } }))).toBe('400 invalid_scope');
    expect(decodeJwt(tokenIn(await world.redeem(wide)))['scope']).toBe('openid');
  });

  test.each<[string, () => unknown, () => string]>([
    ['the whole gateway, where a part is asserted', () => world.part, () => world.whole],
    ['another part', () => world.part, () => `${world.whole}/views/support`],
    ['a part that the client may not use', () => world.whole, () => `${world.whole}/views/support`],
    ['another server', () => world.whole, () => 'https://elsewhere.example/mcp'],
    ['what another server is asserted for', () => 'https://elsewhere.example/mcp', () => ''],
    ['one of two that are asserted, without saying which', () => [world.whole, world.part], () => ''],
    ['nothing, where nothing is asserted', () => undefined, () => ''],
    ['this gateway, where nothing is asserted', () => undefined, () => world.whole],
  ])('attack: a token for %s', async (_what, asserted, asked) => {
    const assertion = await world.assertion(subject, { resource: asserted() });
    expect(said(await world.redeem(assertion, { change: { resource: asked() } }))).toBe('400 invalid_target');
  });

  test('one of several that are asserted can be asked for', async () => {
    const assertion = await world.assertion(subject, { resource: [world.whole, world.part] });
    const { body } = await world.redeem(assertion, { change: { resource: world.part } });
    expect(body).toMatchObject({ resource: world.part });
  });

  test('attack: a client that proves nothing, or is not who it says', async () => {
    const assertion = await world.assertion(subject, { client_id: 'public' });
    expect(said(await world.redeem(assertion, { as: '', change: { client_id: 'public' } }))).toBe(
      '401 invalid_client',
    );
    expect(said(await world.redeem(assertion, { as: '' }))).toBe('401 invalid_client');
    const wrong = { authorization: `Basic ${Buffer.from(`${CLIENT}:wrong`).toString('base64')}` };
    expect(said(await world.redeem(assertion, { headers: wrong }))).toBe('401 invalid_client');
  });

  test('attack: a client that the configuration does not let, and one that registers', async () => {
    const assertion = await world.assertion(subject, { client_id: 'robot' });
    expect(said(await world.redeem(assertion, { as: 'robot' }))).toBe('400 unauthorized_client');
    const registered = (await world.service.post('/oauth/register', {
      redirect_uris: [REDIRECT_URI],
      grant_types: ['authorization_code', JWT_BEARER_GRANT],
      token_endpoint_auth_method: 'client_secret_post',
    })) as { readonly client_id: string; readonly client_secret: string; readonly grant_types: unknown };
    expect(registered.grant_types).toEqual(['authorization_code']);
    const { client_id, client_secret } = registered;
    const fields = { grant_type: JWT_BEARER_GRANT, assertion, client_id, client_secret };
    expect(said(await postForm(world.service, '/oauth/token', fields))).toBe('400 unauthorized_client');
  });

  test('a request without an assertion, or with two', async () => {
    expect(said(await world.redeem(''))).toBe('400 invalid_request');
    const assertion = await world.assertion(subject);
    const body = `grant_type=${encodeURIComponent(JWT_BEARER_GRANT)}&assertion=${assertion}&assertion=${assertion}`;
    const response = await fetch(`${world.service.local}/oauth/token`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...basic(CLIENT),
      },
      body,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: 'invalid_request' });
  });
});

test('no assertion and no jti is in any line of the log, and refusals say why', async () => {
  const good = await world.assertion(subject);
  await world.redeem(good);
  await world.redeem(good);
  const lines = log.lines.join('\n');
  for (const secret of [good, good.split('.')[2] ?? '', String(decodeJwt(good).jti)])
    expect(lines).not.toContain(secret);
  expect(lines).toContain('the assertion was used before');
});
