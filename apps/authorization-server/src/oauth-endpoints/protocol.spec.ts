import 'reflect-metadata';
import { request as httpRequest } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { flood } from '../testing/flood.js';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import { pageName } from '../testing/test-browser.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';

let service: TestService;
let clientId: string;

shareWorld(startServiceWorld, async (world) => {
  ({ service } = world);
  clientId = await service.register();
});

const json = async (path: string): Promise<Record<string, unknown>> =>
  (await (await fetch(service.issuer + path)).json()) as Record<string, unknown>;

describe('metadata', () => {
  // RFC 8414, section 2; RFC 9207, section 3.
  test('of RFC 8414 says what MCP clients decide by', async () => {
    const document = await json('/.well-known/oauth-authorization-server');
    const { issuer } = service;
    expect(document).toMatchObject({
      issuer,
      authorization_endpoint: `${issuer}/oauth/authorize`,
      token_endpoint: `${issuer}/oauth/token`,
      registration_endpoint: `${issuer}/oauth/register`,
      revocation_endpoint: `${issuer}/oauth/revoke`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      code_challenge_methods_supported: ['S256'],
      scopes_supported: service.config.scopesSupported,
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
    });
    expect(document['token_endpoint_auth_methods_supported']).toContain('none');
    expect(document['subject_types_supported']).toBeUndefined();
    // Nothing is announced that has no route here, or that nobody checks.
    for (const member of ['userinfo_endpoint', 'require_pushed_authorization_requests'])
      expect(document[member]).toBeUndefined();
  });

  // OpenID Connect Discovery, section 3.
  test('of OpenID Connect adds its own members', async () => {
    expect(await json('/.well-known/openid-configuration')).toMatchObject({
      issuer: service.issuer,
      subject_types_supported: ['public'],
      // OpenID Connect Discovery, section 3: RS256 is always there.
      id_token_signing_alg_values_supported: ['ES256', 'RS256'],
    });
  });

  test('a Host or X-Forwarded header changes no URL (host header injection)', async () => {
    const body = await new Promise<string>((resolve, reject) => {
      const url = new URL('/.well-known/oauth-authorization-server', service.issuer);
      const headers = {
        host: 'evil.example',
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'gopher',
      };
      httpRequest(url, { headers }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => resolve(text));
      })
        .on('error', reject)
        .end();
    });
    expect(body).not.toContain('evil.example');
    expect(body).not.toContain('gopher');
  });

  test('the keys are public only, and cacheable', async () => {
    const response = await fetch(`${service.issuer}/.well-known/jwks.json`);
    const { keys } = (await response.json()) as { readonly keys: readonly Record<string, string>[] };
    expect(keys).toMatchObject([
      { kty: 'EC', alg: 'ES256', use: 'sig' },
      { kty: 'RSA', alg: 'RS256', use: 'sig' },
    ]);
    for (const key of keys)
      expect(['d', 'p', 'q', 'dp', 'dq', 'qi'].filter((member) => member in key)).toEqual([]);
    expect(response.headers.get('cache-control')).toContain('max-age');
  });

  test.each(['/.well-known/oauth-authorization-server', '/.well-known/jwks.json'])(
    '%s is readable by a client in a browser',
    async (path) => {
      const response = await fetch(service.issuer + path, {
        headers: { origin: 'https://inspector.example' },
      });
      expect(response.headers.get('access-control-allow-origin')).toBe('https://inspector.example');
    },
  );

  test.each(['/oauth/token', '/oauth/register', '/oauth/revoke'])('%s answers a preflight', async (path) => {
    const response = await fetch(service.issuer + path, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://inspector.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://inspector.example');
  });

  test('unknown paths are 404, and no document is found under a path of no issuer here', async () => {
    for (const path of [
      '/.well-known/nonsense',
      '/.well-known/oauth-authorization-server/made-up',
      '/.well-known/openid-configuration/mcp',
      '/.well-known/openid-configuration/made/up?x=1',
      '/oauth/introspect',
      '/interaction/x',
    ])
      expect((await fetch(service.issuer + path)).status).toBe(404);
  });
});

// RFC 6749, section 4.1.2.1; RFC 7636, section 4.4.1; RFC 8707, section 2; RFC 9207, section 2.
describe('an authorization request is refused before its user is bothered', () => {
  const refused = async (
    overrides: Readonly<Record<string, string | undefined>>,
  ): Promise<Record<string, string>> => {
    const answer = await service.browser().get(service.authorizeUrl(clientId, overrides).url);
    expect(answer.location?.startsWith(REDIRECT_URI)).toBe(true);
    const { search, hash } = new URL(answer.location ?? '');
    return Object.fromEntries(new URLSearchParams(search === '' ? hash.slice(1) : search));
  };

  test.each([
    ['no PKCE', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['plain PKCE (downgrade)', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['a challenge without method', { code_challenge_method: undefined }, 'invalid_request'],
    ['no resource', { resource: undefined }, 'invalid_target'],
    ['another resource', { resource: 'https://other.example/mcp' }, 'invalid_target'],
    ['the origin of the resource alone', { resource: 'http://localhost:9' }, 'invalid_target'],
    ['an implicit flow', { response_type: 'token' }, 'unsupported_response_type'],
    ['prompt=none', { prompt: 'none' }, 'login_required'],
    ['a request object that is none', { request: 'x.y.z' }, 'invalid_request_object'],
  ])('%s', async (_name, overrides, error) => {
    expect(await refused(overrides)).toMatchObject({ error, iss: service.issuer, state: 'client-state' });
  });

  // RFC 6749, section 4.1.2.1: it must not redirect there.
  test.each([
    ['an unknown client', { client_id: 'nobody' }],
    ['a redirect URI of somebody else (open redirector)', { redirect_uri: 'https://evil.example/callback' }],
    ['another path on loopback', { redirect_uri: 'http://127.0.0.1:7777/other' }],
    ['localhost for 127.0.0.1', { redirect_uri: 'http://localhost:7777/callback' }],
    ['no redirect URI', { redirect_uri: undefined }],
  ])('%s: on a page, not by a redirect', async (_name, overrides) => {
    const answer = await service.browser().get(service.authorizeUrl(clientId, overrides).url);
    expect([answer.status, answer.location, pageName(answer)]).toEqual([400, undefined, 'error']);
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });

  test('but any port of a registered loopback address is fine (RFC 8252, section 7.3)', async () => {
    const { url } = service.authorizeUrl(clientId, { redirect_uri: 'http://127.0.0.1:51234/callback' });
    expect((await service.browser().get(url)).location).toContain('/sign-in/');
  });

  // RFC 6749, section 3.3.
  test('no scope means the baseline', async () => {
    const { answer } = await service.tokens('scopeless');
    expect(answer.scope).toBe('openid offline_access');
  });
});

describe('registration', () => {
  const register = async (metadata: unknown): Promise<Record<string, unknown>> =>
    (await service.post('/oauth/register', metadata)) as Record<string, unknown>;

  // RFC 7591, section 3.2.1.
  test('gives a public client an id that is no URL, and echoes what it may do', async () => {
    expect(
      await register({
        redirect_uris: ['cursor://anysphere.cursor-retrieval/oauth/callback', 'http://localhost:1/cb'],
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
        scope: 'profile',
        jwks_uri: 'http://169.254.169.254/latest',
        client_id: 'https://chosen.example/id',
      }),
    ).toMatchObject({
      client_id: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'profile openid offline_access',
    });
  });

  // RFC 7591, section 3.2.2.
  test.each([
    [{ redirect_uris: ['http://evil.example/cb'] }, 'invalid_redirect_uri'],
    [{ redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
    [{ redirect_uris: ['http://evil.example/cb'], application_type: 'web' }, 'invalid_redirect_uri'],
    [{ redirect_uris: [] }, 'invalid_redirect_uri'],
    [{}, 'invalid_redirect_uri'],
    [{ redirect_uris: [REDIRECT_URI], grant_types: ['client_credentials'] }, 'invalid_client_metadata'],
    [
      { redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: 'private_key_jwt' },
      'invalid_client_metadata',
    ],
    ['text', 'invalid_client_metadata'],
  ])('refuses %j', async (metadata, error) => {
    expect(await register(metadata)).toMatchObject({ error });
  });

  test('refuses a name that would turn the direction of the approval page (spoofing)', async () => {
    expect(
      await register({ redirect_uris: [REDIRECT_URI], client_name: 'Slack \u202eelgooG' }),
    ).toMatchObject({
      error: 'invalid_client_metadata',
      error_description: expect.stringMatching(/^client_name must not contain/),
    });
  });

  test('a body over 64 KiB is 413, on every endpoint', async () => {
    for (const path of ['/oauth/register', '/oauth/token', '/oauth/revoke', '/sign-in/x']) {
      const response = await fetch(service.issuer + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: 'x'.repeat(64 * 1024 + 1),
      });
      expect(response.status).toBe(413);
    }
  });
});

test('one address that asks without end is told to wait, and nobody else is', async () => {
  const { url } = service.authorizeUrl(clientId, { resource: 'https://other.example' });
  const answers = await flood(200, () => fetch(url, { redirect: 'manual' }));
  const limited = answers.filter(({ status }) => status === 429);
  expect(limited.length).toBeGreaterThan(0);
  for (const { headers } of limited) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await limited[0]?.text()).toContain('data-page="error"');
  expect((await fetch(`${service.issuer}/.well-known/jwks.json`)).status).toBe(200);
});

test('one address that registers without end is told to wait (a flood of rows)', async () => {
  const answers = await flood(120, () =>
    fetch(`${service.issuer}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: [REDIRECT_URI] }),
    }),
  );
  const limited = answers.filter(({ status }) => status === 429);
  expect(limited.length).toBeGreaterThan(0);
  for (const { headers } of limited) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
});
