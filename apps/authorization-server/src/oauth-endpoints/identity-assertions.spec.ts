import 'reflect-metadata';
import { afterEach, describe, expect, test } from '@jest/globals';
import { newAccountId } from '@gatehouse/kernel/ids';
import { JWT_BEARER_GRANT, TOKEN_EXCHANGE_GRANT, TOKEN_TYPES } from '@gatehouse/kernel/token-types';
import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import { AssertionWorld, CLIENT, LIFESPAN_SECONDS, OTHER_CLIENT } from '../testing/assertion-world.js';
import { basic, said, SECRET, tokenIn } from '../testing/exchange-world.js';
import { ClientKey, postForm } from '../testing/proving-client.js';
import { shareWorld } from '../testing/service-world.js';

/** People whom an identity provider asserts to a client (ID-JAG; MCP’s Enterprise-Managed Authorization, SEP-990). */

let world: AssertionWorld;
shareWorld(
  async () => await AssertionWorld.start(),
  (started) => (world = started),
);
afterEach(() => {
  world.vault.verdict = { verdict: 'admitted' };
  world.vault.claims = {};
});

// eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
const INSECURE = { [oauth.allowInsecureRequests]: true };

async function metadata(): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(world.service.issuer);
  const response = await oauth.discoveryRequest(issuer, { ...INSECURE, algorithm: 'oauth2' });
  return await oauth.processDiscoveryResponse(issuer, response);
}

/** The provider's server, as the client knows it. */
const idpMetadata = (): oauth.AuthorizationServer => ({
  issuer: world.idp.origin,
  token_endpoint: world.idp.tokenUrl,
});

/** By a client that nobody here wrote: first at the provider, then here. */
async function assertedBy(subject: string, request: Readonly<Record<string, string>>): Promise<string> {
  const { clientId, clientSecret } = world.idp;
  const client = { client_id: clientId };
  const response = await oauth.genericTokenEndpointRequest(
    idpMetadata(),
    client,
    oauth.ClientSecretBasic(clientSecret),
    TOKEN_EXCHANGE_GRANT,
    {
      requested_token_type: TOKEN_TYPES.id_jag,
      subject_token: await world.idp.idToken(subject),
      subject_token_type: TOKEN_TYPES.id_token,
      audience: world.service.issuer,
      ...request,
    },
    INSECURE,
  );
  const answer = await oauth.processGenericTokenEndpointResponse(idpMetadata(), client, response, {
    // Section 4.3.3 of the draft: it is no access token.
    recognizedTokenTypes: { n_a: () => undefined },
  });
  return answer.access_token;
}

// RFC 7523, sections 2.1 and 3. SEP-990.
describe('a client to which an identity provider asserts a person', () => {
  test('gets a token for their account, with no more in it than is asserted, and nothing that renews it', async () => {
    const subject = await world.member();
    const assertion = await assertedBy(subject, { resource: world.whole, scope: 'openid tickets:read' });
    const as = await metadata();
    expect(as.grant_types_supported).toContain(JWT_BEARER_GRANT);
    expect(as['authorization_grant_profiles_supported']).toEqual([
      'urn:ietf:params:oauth:grant-profile:id-jag',
    ]);
    const client = { client_id: CLIENT };
    const response = await oauth.genericTokenEndpointRequest(
      as,
      client,
      oauth.ClientSecretBasic(SECRET),
      JWT_BEARER_GRANT,
      { assertion },
      INSECURE,
    );
    expect(response.headers.get('cache-control')).toBe('no-store');
    const answer = await oauth.processGenericTokenEndpointResponse(as, client, response);
    expect(answer).toMatchObject({
      token_type: 'bearer',
      scope: 'openid tickets:read',
      expires_in: LIFESPAN_SECONDS,
      resource: world.whole,
    });
    for (const member of ['refresh_token', 'id_token']) expect(answer).not.toHaveProperty(member);
    const claims = decodeJwt(answer.access_token);
    expect(claims).toMatchObject({
      aud: world.whole,
      client_id: CLIENT,
      scope: 'openid tickets:read',
      tsid: expect.any(String),
    });
    // The person is who signed in at the browser, and not the provider's subject.
    expect(await accountOf(subject)).toBe(claims.sub);
    expect(claims).not.toHaveProperty('act');
  });

  test('may prove itself with a key, and gets the part that is its own of what is asserted', async () => {
    const subject = await world.member();
    const as = await metadata();
    const assertion = await world.assertion(subject, { client_id: 'keyed' });
    const client = { client_id: 'keyed' };
    const key = { key: world.key.privateKey, kid: world.key.publicJwk.kid ?? '' };
    const response = await oauth.genericTokenEndpointRequest(
      as,
      client,
      oauth.PrivateKeyJwt(key),
      JWT_BEARER_GRANT,
      { assertion, resource: `${world.part}/` },
      INSECURE,
    );
    const answer = await oauth.processGenericTokenEndpointResponse(as, client, response);
    expect(decodeJwt(answer.access_token)).toMatchObject({ aud: world.part, client_id: 'keyed' });
  });

  // RFC 6749, section 3.3.
  test('gets fewer scopes where it asks for fewer; those of people that nobody asserted count for none', async () => {
    const subject = await world.member();
    const change = { scope: 'tickets:read profile offline_access' };
    const fewer = await world.redeem(await world.assertion(subject), { change });
    expect(fewer.body).toMatchObject({ scope: 'tickets:read' });
    const asserted = await world.assertion(subject, { scope: 'openid tickets:close offline_access' });
    expect((await world.redeem(asserted)).body).toMatchObject({ scope: 'openid' });
    const none = await world.redeem(await world.assertion(subject, { scope: undefined }));
    expect(none.status).toBe(200);
    expect(none.body).not.toHaveProperty('scope');
  });

  // RFC 9449, section 5.
  test('has its token bound where it proves a key, and needs that key where the assertion is bound', async () => {
    const subject = await world.member();
    const htu = `${world.service.issuer}/oauth/token`;
    const [key, thief] = [await ClientKey.make(), await ClientKey.make()];
    const assertion = await world.assertion(subject, { cnf: { jkt: key.thumbprint } });
    expect(said(await world.redeem(assertion))).toBe('400 invalid_grant');
    expect(said(await world.redeem(assertion, { headers: { dpop: await thief.proof(htu) } }))).toBe(
      '400 invalid_grant',
    );
    const held = await world.redeem(assertion, { headers: { dpop: await key.proof(htu) } });
    expect(held.body['token_type']).toBe('DPoP');
    expect(decodeJwt(tokenIn(held))).toMatchObject({ cnf: { jkt: key.thumbprint } });
  });

  test('is refused, and its assertion is good afterwards, while nobody can say whether the person may sign in', async () => {
    const subject = await world.member();
    const assertion = await world.assertion(subject);
    const guarded = await world.another({ access: {} });
    world.vault.verdict = 'provider_unavailable';
    const refused = await world.redeem(assertion, { at: guarded });
    expect(said(refused)).toBe('503 temporarily_unavailable');
    expect(refused.headers.get('retry-after')).not.toBeNull();
    world.vault.verdict = { verdict: 'admitted' };
    expect((await world.redeem(assertion, { at: guarded })).status).toBe(200);
  });
});

describe('the session of an asserted person', () => {
  test('is one for all assertions of one issuer at one client, at each replica, also at once', async () => {
    const subject = await world.member();
    const before = await world.sessions();
    const replicas = [world.service, world.replica, world.service, world.replica];
    const answers = await Promise.all(
      replicas.map(async (at) => await world.redeem(await world.assertion(subject), { at })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(answers.map((answer) => decodeJwt(tokenIn(answer))['tsid'])).size).toBe(1);
    expect(await world.sessions()).toBe(before + 1);
    const elsewhere = await world.redeem(await world.assertion(subject, { client_id: OTHER_CLIENT }), {
      as: OTHER_CLIENT,
    });
    expect(decodeJwt(tokenIn(elsewhere))['tsid']).not.toBe(
      decodeJwt(tokenIn(answers[0] ?? elsewhere))['tsid'],
    );
    expect(await world.sessions()).toBe(before + 2);
  });

  test('is not that of a sign-in at a browser, which stays', async () => {
    const subject = await world.member();
    const { tsid } = world.vault.opened.at(-1) ?? {};
    const token = tokenIn(await world.redeem(await world.assertion(subject)));
    expect(decodeJwt(token)['tsid']).not.toBe(tsid);
    expect((await postForm(world.service, '/oauth/revoke', { token }, basic(CLIENT))).status).toBe(200);
    expect(await isOpen(tsid)).toBe(true);
  });

  test('uses the connection at the primary provider alone, where people are asked about the others', async () => {
    const subject = await world.member();
    await world.redeem(await world.assertion(subject));
    expect(world.vault.opened.at(-1)).toMatchObject({ providers: ['acme-sso'], subjects: {} });
  });

  test('uses all that is connected, where nobody is asked about it', async () => {
    const subject = await world.member();
    const at = await world.another({ connectionReuse: 'always' });
    await world.redeem(await world.assertion(subject), { at });
    expect(world.vault.opened.at(-1)?.providers).toEqual(['acme-sso', 'octo', 'wiki']);
  });

  // RFC 7009, section 2.1.
  test('ends when the client revokes the token, at each replica, and the next assertion begins another one', async () => {
    const subject = await world.member();
    const token = tokenIn(await world.redeem(await world.assertion(subject)));
    const active = async () =>
      (await postForm(world.replica, '/oauth/introspect', { token }, basic(CLIENT))).body['active'];
    expect(await active()).toBe(true);
    expect((await postForm(world.service, '/oauth/revoke', { token }, basic(CLIENT))).status).toBe(200);
    expect(await active()).toBe(false);
    const next = tokenIn(await world.redeem(await world.assertion(subject), { at: world.replica }));
    expect(decodeJwt(next)['tsid']).not.toBe(decodeJwt(token)['tsid']);
  });

  test('is begun anew when it has run out', async () => {
    const subject = await world.member();
    const first = tokenIn(await world.redeem(await world.assertion(subject)));
    await world.world.rows.query({
      name: 'run-out',
      text: `update sessions set expires_at = now() - interval '1 s' where tsid = $1`,
      values: [decodeJwt(first)['tsid']],
    });
    const next = tokenIn(await world.redeem(await world.assertion(subject)));
    expect(decodeJwt(next)['tsid']).not.toBe(decodeJwt(first)['tsid']);
  });

  test('has the claims of the primary provider in its tokens, or gives none', async () => {
    const subject = await world.member();
    const claims = [{ claim: 'groups', as: 'groups' }];
    const at = await world.another({ claimMappings: { from: 'idToken', claims } });
    world.vault.claims = { groups: ['engineering'] };
    const token = tokenIn(await world.redeem(await world.assertion(subject), { at }));
    expect(decodeJwt(token)).toMatchObject({ groups: ['engineering'] });
    world.vault.claims = 'connection_missing';
    expect(said(await world.redeem(await world.assertion(subject), { at }))).toBe('400 invalid_grant');
  });
});

test('where no client presents assertions, the grant is unknown and the metadata does not name it', async () => {
  const { service } = world.world;
  const document = (await (
    await fetch(`${service.local}/.well-known/oauth-authorization-server`)
  ).json()) as Readonly<Record<string, unknown>>;
  expect(document['grant_types_supported']).not.toContain(JWT_BEARER_GRANT);
  expect(document).not.toHaveProperty('authorization_grant_profiles_supported');
  const fields = { grant_type: JWT_BEARER_GRANT, client_id: await service.register(), assertion: 'x' };
  expect(said(await postForm(service, '/oauth/token', fields))).toBe('400 unsupported_grant_type');
});

async function accountOf(subject: string): Promise<string> {
  const { rows } = await world.world.rows.query<{ account: string }>({
    name: 'account-of',
    text: `select account_id as account from identities where provider = 'acme-sso' and subject = $1`,
    values: [subject],
  });
  return rows[0]?.account ?? newAccountId();
}

async function isOpen(tsid: string | undefined): Promise<boolean> {
  const { rows } = await world.world.rows.query({
    name: 'is-open',
    text: 'select 1 from sessions where tsid = $1 and closed_at is null',
    values: [tsid],
  });
  return rows.length === 1;
}
