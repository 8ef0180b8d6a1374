import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { Secret } from '@gatehouse/kernel/secret';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import * as openid from 'openid-client';
import { asserted, ClientKey, postForm, type FormAnswer } from '../testing/proving-client.js';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';

/** Clients that get tokens for themselves (RFC 6749, section 4.4; MCP's extension for client credentials, SEP-1046). */

const SECRET = 'a-secret-of-a-client-that-comes-for-itself';
const NIGHTLY = 'nightly-report';
const KEYED = 'keyed-report';

let world: ServiceWorld;
let service: TestService;
let replica: TestService;
let key: ClientKey;
let resource: string;
let part: string;

shareWorld(startServiceWorld, async (started) => {
  world = started;
  key = await ClientKey.make();
  const { clientRegistration, resourceUrls, scopesSupported } = started.service.config;
  [resource = '', part = ''] = resourceUrls;
  const secret = { clientName: 'Report', clientSecret: new Secret(SECRET) };
  const own = { resources: [resource], scopes: ['reports:read', 'reports:list'] };
  const overrides = {
    scopesSupported: [...scopesSupported, 'reports:read', 'reports:list', 'reports:write'],
    clientRegistration: {
      ...clientRegistration,
      clients: [
        { ...secret, clientId: NIGHTLY, redirectUris: [], clientCredentials: own },
        {
          clientId: KEYED,
          clientName: 'Keyed',
          redirectUris: [],
          jwks: [key.publicJwk],
          clientCredentials: own,
        },
        {
          ...secret,
          clientId: 'both',
          redirectUris: [REDIRECT_URI],
          clientCredentials: { resources: [part], scopes: [] },
          introspection: { resources: [] },
        },
        { ...secret, clientId: 'people-only', redirectUris: [REDIRECT_URI] },
      ],
    },
  };
  service = await world.startAnother(overrides);
  replica = await world.startAnother({ ...overrides, issuer: service.issuer });
});

const basic = (id: string, secret = SECRET) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});

const ask = async (
  id: string,
  fields: Readonly<Record<string, string>> = {},
  at: TestService = service,
): Promise<FormAnswer> =>
  await postForm(at, '/oauth/token', { grant_type: 'client_credentials', resource, ...fields }, basic(id));

const said = ({ status, body }: FormAnswer): string => `${status} ${String(body['error'])}`;

const claimsOf = ({ body }: FormAnswer) => decodeJwt(String(body['access_token']));

// eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
const INSECURE = { execute: [openid.allowInsecureRequests] };

const discovered = async (id: string, auth: openid.ClientAuth): Promise<openid.Configuration> =>
  await openid.discovery(new URL(service.issuer), id, undefined, auth, INSECURE);

// RFC 6749, section 4.4; RFC 9068, section 2.2; RFC 8707, section 2.
describe('a client of the configuration gets a token for itself', () => {
  test('with its secret, by a client that nobody here wrote: subject and client are the same, and there is no session and no refresh token', async () => {
    const known = await discovered(NIGHTLY, openid.ClientSecretBasic(SECRET));
    const tokens = await openid.clientCredentialsGrant(known, { resource, scope: 'reports:read' });
    expect(tokens).toMatchObject({ token_type: 'bearer', scope: 'reports:read', expires_in: 60 });
    expect(Object.keys(tokens)).not.toContain('refresh_token');
    expect(Object.keys(tokens)).not.toContain('id_token');
    const keys = createRemoteJWKSet(new URL(`${replica.local}/.well-known/jwks.json`));
    const { payload, protectedHeader } = await jwtVerify(tokens.access_token, keys);
    expect(protectedHeader.typ).toBe('at+jwt');
    expect(payload).toMatchObject({
      iss: service.issuer,
      sub: NIGHTLY,
      client_id: NIGHTLY,
      aud: resource,
      scope: 'reports:read',
    });
    expect(Object.keys(payload).sort()).toEqual(
      ['aud', 'client_id', 'exp', 'iat', 'iss', 'jti', 'scope', 'sub'].sort(),
    );
  });

  test('with its key (private_key_jwt), at each replica', async () => {
    const known = await discovered(KEYED, openid.PrivateKeyJwt(key.privateKey));
    const tokens = await openid.clientCredentialsGrant(known, { resource });
    expect(decodeJwt(tokens.access_token)).toMatchObject({ sub: KEYED });
    const assertion = await key.assertion(KEYED, service.issuer);
    const fields = { grant_type: 'client_credentials', resource, ...asserted(assertion) };
    const answers = await Promise.all([service, replica].map((at) => postForm(at, '/oauth/token', fields)));
    // RFC 7523, section 3: an assertion is good once.
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  // RFC 6749, section 3.3.
  test('with all its scopes where it names none, and with none where it has none', async () => {
    expect((await ask(NIGHTLY)).body).toMatchObject({ scope: 'reports:read reports:list' });
    expect(claimsOf(await ask('both', { resource: part }))).not.toHaveProperty('scope');
    // Clients name what the challenge names, which is for everybody.
    const people = { scope: 'openid profile offline_access' };
    expect((await ask(NIGHTLY, people)).body).toMatchObject({ scope: 'reports:read reports:list' });
    expect((await ask(NIGHTLY, { scope: 'openid reports:list' })).body).toMatchObject({
      scope: 'reports:list',
    });
    expect(claimsOf(await ask('both', { resource: part, ...people }))).not.toHaveProperty('scope');
  });

  test('bound to a key that it proves to have', async () => {
    const bound = await ClientKey.make();
    const { body } = await postForm(
      service,
      '/oauth/token',
      { grant_type: 'client_credentials', resource },
      { ...basic(NIGHTLY), dpop: await bound.proof(`${service.issuer}/oauth/token`) },
    );
    expect(body['token_type']).toBe('DPoP');
    expect(decodeJwt(String(body['access_token']))).toMatchObject({ cnf: { jkt: bound.thumbprint } });
  });

  test('and the metadata says so, where there is such a client and nowhere else', async () => {
    const grants = async (at: TestService): Promise<unknown> =>
      Reflect.get(
        (await (await fetch(`${at.local}/.well-known/oauth-authorization-server`)).json()) as object,
        'grant_types_supported',
      );
    expect(await grants(service)).toContain('client_credentials');
    expect(await grants(world.service)).not.toContain('client_credentials');
    const refused = await postForm(world.service, '/oauth/token', {
      grant_type: 'client_credentials',
      client_id: await world.service.register(),
    });
    expect(said(refused)).toBe('400 unsupported_grant_type');
  });
});

// RFC 6749, section 5.2.
describe('refused:', () => {
  test('a wrong secret, no secret, and a client that nobody knows', async () => {
    const fields = { grant_type: 'client_credentials', resource };
    expect(said(await postForm(service, '/oauth/token', fields, basic(NIGHTLY, 'x'.repeat(40))))).toBe(
      '401 invalid_client',
    );
    expect(said(await postForm(service, '/oauth/token', { ...fields, client_id: NIGHTLY }))).toBe(
      '401 invalid_client',
    );
    expect(said(await ask('nobody'))).toBe('401 invalid_client');
  });

  test('a client of the configuration that does not say so', async () => {
    expect(said(await ask('people-only'))).toBe('400 unauthorized_client');
  });

  test('a client that describes itself, whatever grants it asks for', async () => {
    const registered = (await service.post('/oauth/register', {
      redirect_uris: [REDIRECT_URI],
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code', 'client_credentials'],
    })) as { client_id: string; client_secret: string; grant_types: string[] };
    expect(registered.grant_types).toEqual(['authorization_code']);
    const fields = { grant_type: 'client_credentials', resource };
    const { client_id: id, client_secret: secret } = registered;
    expect(said(await postForm(service, '/oauth/token', fields, basic(id, secret)))).toBe(
      '400 unauthorized_client',
    );
    expect(
      await service.post('/oauth/register', {
        token_endpoint_auth_method: 'client_secret_basic',
        grant_types: ['client_credentials'],
        response_types: [],
      }),
    ).toMatchObject({ error: 'invalid_redirect_uri' });
  });

  // RFC 8707, section 2.
  test('a token for a resource that is not this client’s, for none, and for two', async () => {
    expect(said(await ask(NIGHTLY, { resource: part }))).toBe('400 invalid_target');
    expect(said(await ask(NIGHTLY, { resource: 'https://elsewhere.example/mcp' }))).toBe(
      '400 invalid_target',
    );
    const none = await postForm(
      service,
      '/oauth/token',
      { grant_type: 'client_credentials' },
      basic(NIGHTLY),
    );
    expect(said(none)).toBe('400 invalid_target');
    const two = await fetch(`${service.local}/oauth/token`, {
      method: 'POST',
      headers: basic(NIGHTLY),
      body: new URLSearchParams([
        ['grant_type', 'client_credentials'],
        ['resource', resource],
        ['resource', part],
      ]),
    });
    expect(two.status).toBe(400);
  });

  test.each(['reports:write', 'reports:read reports:write', 'made-up', 'openid reports:write'])(
    'more than its scopes: %s',
    async (scope) => {
      expect(said(await ask(NIGHTLY, { scope }))).toBe('400 invalid_scope');
    },
  );

  test('a sign-in at a client that has none', async () => {
    const { url } = service.authorizeUrl(NIGHTLY);
    const { status, location } = await service.browser().get(url);
    expect([status, location]).toEqual([400, undefined]);
  });
});

describe('a client’s own token is nobody’s:', () => {
  test('it says nothing of any person, not even to a client that is called like one', async () => {
    const { answer } = await service.tokens('taken-for-somebody');
    const account = String(decodeJwt(answer.access_token ?? '')['sub']);
    const { clientRegistration } = service.config;
    // The rules of the configuration refuse such a name. This replica was never asked.
    const namesake = await world.startAnother({
      issuer: service.issuer,
      clientRegistration: {
        ...clientRegistration,
        clients: [
          {
            clientId: account,
            clientName: 'Namesake',
            redirectUris: [],
            clientSecret: new Secret(SECRET),
            clientCredentials: { resources: [resource], scopes: [] },
          },
        ],
      },
    });
    const token = String((await ask(account, {}, namesake)).body['access_token']);
    expect(decodeJwt(token)).toMatchObject({ sub: account, client_id: account });
    const told = await fetch(`${namesake.local}/oauth/userinfo`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(told.status).toBe(401);
    expect(await told.text()).not.toContain('taken-for-somebody');
    await namesake.close();
  });

  // RFC 7662, section 2.2.
  test('its client may ask whether it is good, and nobody else', async () => {
    const token = String((await ask('both', { resource: part })).body['access_token']);
    const active = await postForm(replica, '/oauth/introspect', { token }, basic('both'));
    expect(active.body).toMatchObject({ active: true, sub: 'both', client_id: 'both', aud: part });
    const foreign = String((await ask(NIGHTLY)).body['access_token']);
    const hidden = await postForm(replica, '/oauth/introspect', { token: foreign }, basic('both'));
    expect(hidden.body).toEqual({ active: false });
  });

  // RFC 7009, section 2.2.1.
  test('nothing revokes it, and whoever tries is told so', async () => {
    const token = String((await ask(NIGHTLY)).body['access_token']);
    expect(said(await postForm(replica, '/oauth/revoke', { token }, basic(NIGHTLY)))).toBe(
      '400 unsupported_token_type',
    );
    const foreign = await postForm(replica, '/oauth/revoke', { token }, basic('both'));
    expect(foreign.status).toBe(200);
  });
});
