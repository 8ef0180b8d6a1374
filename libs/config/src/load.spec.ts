import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { configurationText, load, modelOf, pathsOf, problemsOf, SECRETS } from './configuration.fixture.js';
import { explain } from './explain.js';
import { loadConfiguration, parseConfiguration } from './load.js';
import type { Problem } from './findings/problems.js';
import { renderProblems } from './findings/render-problems.js';
import { secretsFrom } from './secrets/secret-references.js';

const parse = (text: string): readonly Problem[] => {
  const parsed = parseConfiguration(
    { document: 'gatehouse.yaml', text },
    { part: 'all', readSecret: secretsFrom(SECRETS) },
  );
  return parsed.ok ? [] : parsed.problems;
};

test.each([
  [{ refreshTokenLifespan: '60d' }, 60],
  [{ refreshTokenLifespan: '1d' }, 30],
  [{ refreshTokenLifespan: '1d', sessionLifespan: '2d' }, 2],
])('a session that is not configured lasts 30 days, or as long as a refresh token: %j', (lifespans, days) => {
  const { authServer } = modelOf({ 'authServer.tokenLifespans': lifespans });
  expect(authServer?.tokenLifespans.sessionLifespanMs).toBe(days * 86_400_000);
});

test('what is left out has a safe default', () => {
  const { authServer, incomingAuth, listen, aggregation, backends, resourceUrl } = modelOf({
    'authServer.issuer': undefined,
  });
  expect(authServer).toMatchObject({
    issuer: 'https://mcp.acme.example',
    primaryUpstreamProvider: 'acme-sso',
    insecureAllowHttp: false,
    tokenLifespans: {
      accessTokenLifespanMs: 900_000,
      refreshTokenLifespanMs: 604_800_000,
      authCodeLifespanMs: 60_000,
      sessionLifespanMs: 2_592_000_000,
    },
    resourceIndicator: 'required',
    connectionReuse: 'confirm',
    scopesSupported: ['openid', 'profile', 'email', 'offline_access'],
    baselineClientScopes: ['openid', 'offline_access'],
    clientRegistration: { dynamic: 'open', metadataDocuments: { enabled: 'auto', allowPrivateIps: false } },
  });
  expect(authServer?.upstreamProviders).toMatchObject([
    {
      requirement: 'required',
      allowPrivateIps: false,
      insecureAllowHttp: false,
      timeoutMs: 10_000,
      redirectUri: 'https://mcp.acme.example/oauth/callback/acme-sso',
    },
    {
      redirectUri: 'https://mcp.acme.example/oauth/callback/octo',
      tokenEndpointAuthMethod: 'client_secret_basic',
    },
  ]);
  expect(resourceUrl).toBe('https://mcp.acme.example/mcp');
  expect(incomingAuth).toMatchObject({
    type: 'oidc',
    oidc: { issuer: 'https://mcp.acme.example', audience: resourceUrl, resourceUrl, scopes: ['openid'] },
  });
  expect(listen).toEqual({
    proxy: { host: '127.0.0.1', port: 4483, internal: { host: '127.0.0.1', port: 4495 }, workers: 1 },
    authorizationServer: { host: '127.0.0.1', port: 4484, internal: { host: '127.0.0.1', port: 4496 } },
    tokenVault: { internal: { host: '127.0.0.1', port: 4485 } },
    bridge: { host: '127.0.0.1', port: 4493 },
  });
  expect(aggregation).toMatchObject({
    conflictResolution: 'prefix',
    conflictResolutionConfig: { prefixFormat: '{workload}_' },
  });
  expect(backends[0]).toMatchObject({
    timeoutMs: 30_000,
    transport: 'streamable-http',
    limits: { calls: 512, callsPerPerson: 128, streams: 512, streamsPerPerson: 128 },
  });
});

test('an internal listener follows its public one, is where it is written, and takes any free port beside one that does', () => {
  const { listen } = modelOf({
    listen: {
      proxy: { host: '0.0.0.0', port: 8080, internal: { host: '10.0.0.1' } },
      authorizationServer: { port: 0 },
      tokenVault: { internal: { port: 9000 } },
    },
  });
  expect(listen).toEqual({
    proxy: { host: '0.0.0.0', port: 8080, internal: { host: '10.0.0.1', port: 8092 }, workers: 1 },
    authorizationServer: { host: '127.0.0.1', port: 0, internal: { host: '127.0.0.1', port: 0 } },
    tokenVault: { internal: { host: '127.0.0.1', port: 9000 } },
    bridge: { host: '127.0.0.1', port: 4493 },
  });
});

test('the example of the documentation is accepted, and its secrets are read from files and the environment', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-config-'));
  const file = (name: string, content: string): string => {
    const path = join(directory, name);
    writeFileSync(path, `${content}\n`);
    return path;
  };
  const files: Readonly<Record<string, string>> = {
    'signing-key.pem': SECRETS.SIGNING_KEY,
    'authorization-server-kek': SECRETS.AS_KEK,
    'github-client-secret': 'secret of github',
    'token-vault-kek': SECRETS.VAULT_KEK,
    'vault-request-key': SECRETS.VAULT_REQUEST_KEY,
  };
  let text = readFileSync(new URL('../examples/gatehouse.yaml', import.meta.url), 'utf8');
  for (const [name, content] of Object.entries(files))
    text = text.replace(`/run/secrets/${name}`, file(name, content));
  Object.assign(process.env, {
    OKTA_CLIENT_SECRET: 'secret of okta',
    TICKETS_EXCHANGE_SECRET: 'secret of tickets',
    AUTHORIZATION_SERVER_DATABASE_URL: SECRETS.AS_DATABASE_URL,
    TOKEN_VAULT_DATABASE_URL: SECRETS.VAULT_DATABASE_URL,
    NATS_CREDENTIALS: SECRETS.NATS_CREDENTIALS,
    NATS_PROVISIONING_CREDENTIALS: SECRETS.NATS_PROVISIONING_CREDENTIALS,
  });
  const loaded = loadConfiguration(file('gatehouse.yaml', text), { part: 'all' });
  expect(loaded.ok ? '' : renderProblems(loaded.problems)).toBe('');
});

describe('all problems are reported at once', () => {
  const problems = problemsOf({
    publicURL: 'x',
    publicUrl: undefined,
    'backends.0.timeout': 30,
    'backends.1.url': 'http://tickets.acme.example/mcp',
    'authServer.upstreamProviders.0.name': 'Acme',
    'authServer.upstreamProviders.0.oidcConfig.clientSecret': 'plain-text-secret-value',
    'authServer.upstreamProviders.1.typ': 'oauth2',
    'outgoingAuth.backends.repos.upstreamInject.providerName': 'octopus',
    'outgoingAuth.backends.status': { type: 'bearerToken' },
    'vault.keyEncryptionKeys': [{ id: 'v', env: 'NO_SUCH_VARIABLE' }],
  });

  test('shape, formats, rules and secrets in one list, in the order of the document', () => {
    expect(pathsOf(problems)).toEqual([
      'authServer.upstreamProviders[0].name',
      'authServer.upstreamProviders[0].oidcConfig.clientSecret',
      'authServer.upstreamProviders[1].typ',
      'backends[0].timeout',
      'backends[1].url',
      'outgoingAuth.backends.status.type',
      'vault.keyEncryptionKeys[0]',
      'publicURL',
    ]);
    expect(problems.every(({ document, line }) => document === 'gatehouse.yaml' && line !== undefined)).toBe(
      true,
    );
  });

  test('each says what to write instead', () => {
    expect(problems.map(({ instead }) => instead)).toEqual([
      'acme',
      'clientSecret: { env: CLIENT_SECRET }',
      'type:',
      '30s',
      'https://tickets.acme.example/mcp, or insecureAllowHttp: true beside it',
      undefined,
      undefined,
      'publicUrl:',
    ]);
  });

  test('one message lists them all with line and path, and no secret', () => {
    const rendered = renderProblems(problems);
    expect(rendered).toMatch(/^The configuration has 8 problems:\n {2}gatehouse.yaml:\d+ {2}authServer/);
    expect(rendered).toContain('bearerToken is not supported in this release');
    expect(rendered).not.toContain('plain-text-secret-value');
  });
});

describe('an unknown field is never ignored', () => {
  test.each([
    ['authServer.tokenLifespans', { access_token_lifespan: '15m' }, 'accessTokenLifespan'],
    ['authServer.clientRegistration', { dynamics: 'open' }, 'dynamic'],
    ['aggregation', { conflictresolution: 'prefix' }, 'conflictResolution'],
    ['listen', { proxi: {} }, 'proxy'],
  ])('a misspelled field of %s names the nearest known one', (path, value, nearest) => {
    expect(problemsOf({ [path]: value })).toEqual([
      expect.objectContaining({ message: `Unknown field. Did you mean ${nearest}?`, instead: `${nearest}:` }),
    ]);
  });

  test('where nothing is near, the known fields are listed', () => {
    expect(problemsOf({ 'vault.backend': 'x' })[0]?.message).toBe(
      'Unknown field. Known here: keyEncryptionKeys, requestKeys.',
    );
  });
});

test.each(['bearerToken', 'embeddedAuthServer'])('%s is refused by name', (type) => {
  expect(problemsOf({ 'outgoingAuth.backends.status': { type } })[0]?.message).toMatch(
    new RegExp(`^${type} is not supported in this release`),
  );
});

test('the snake_case strategy names of the seed system are accepted', () => {
  const model = modelOf({
    'outgoingAuth.backends.repos.type': 'upstream_inject',
    'outgoingAuth.backends.tickets.type': 'token_exchange',
    'outgoingAuth.backends.reports.type': 'header_injection',
  });
  expect([...model.outgoingAuth.backends.values()].map(({ type }) => type)).toEqual([
    'upstreamInject',
    'tokenExchange',
    'headerInjection',
  ]);
});

test.each([
  ['nothing', '', 'The document is empty.'],
  ['a list', '- name', 'The document must hold fields'],
  ['a field written twice', 'name: a\nname: b', 'Map keys must be unique'],
  ['two documents', 'name: a\n---\nname: b', 'several YAML documents'],
  ['a custom tag', 'name: !!js/function x', 'Unresolved tag'],
  ['an alias to nothing', 'name: *a', 'aliases'],
  [
    'an alias bomb',
    `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${'*a,'.repeat(9)}]\nc: &c [${'*b,'.repeat(9)}]\nd: [${'*c,'.repeat(9)}]`,
    'aliases',
  ],
  ['a megabyte of text', 'x'.repeat(1024 * 1024 + 1), 'too large'],
])('%s is a problem and never an exception', (_name, text, message) => {
  expect(parse(text)[0]?.message).toContain(message);
});

test('a file that does not exist is a problem and never an exception', () => {
  expect(loadConfiguration('/nowhere/gatehouse.yaml', { part: 'none' })).toMatchObject({
    ok: false,
    problems: [{ document: '/nowhere/gatehouse.yaml' }],
  });
});

test('a block that does not go with its type, and one that is missing, are reported', () => {
  expect(
    pathsOf(
      problemsOf({
        'authServer.upstreamProviders.0.oauth2Config': {},
        'outgoingAuth.backends.repos': { type: 'upstreamInject' },
      }),
    ),
  ).toEqual(
    expect.arrayContaining([
      'authServer.upstreamProviders[0].oauth2Config',
      'outgoingAuth.backends.repos.upstreamInject',
    ]),
  );
});

test('the authorization server does not start where an external issuer is trusted', () => {
  const external = {
    authServer: undefined,
    'outgoingAuth.backends': {},
    'postgres.authorizationServer': undefined,
    incomingAuth: { type: 'oidc', oidc: { issuer: 'https://idp.example' } },
  };
  expect(problemsOf(external, 'vmcp-proxy')).toEqual([]);
  expect(problemsOf(external, 'authorization-server')[0]?.message).toContain(
    'no authorization server to run',
  );
});

test('a problem names its line', () => {
  const text = configurationText({ 'nats.servers': ['http://nats'] });
  const line = text.split('\n').findIndex((row) => row.includes('http://nats')) + 1;
  expect(parse(text)).toEqual([expect.objectContaining({ path: 'nats.servers[0]', line })]);
});

test('whatever stands anywhere in a document, loading answers and never throws', () => {
  const places = [
    'name',
    'authServer',
    'authServer.issuer',
    'authServer.upstreamProviders',
    'authServer.upstreamProviders.0',
    'authServer.upstreamProviders.0.type',
    'authServer.upstreamProviders.1.oauth2Config',
    'authServer.upstreamProviders.1.oauth2Config.clientSecret',
    'incomingAuth',
    'backends',
    'backends.0',
    'backends.0.url',
    'outgoingAuth',
    'outgoingAuth.default',
    'outgoingAuth.backends',
    'outgoingAuth.backends.repos',
    'outgoingAuth.backends.tickets.tokenExchange',
    'aggregation',
    'vault.keyEncryptionKeys',
    'postgres',
    'nats.credentials',
    'listen',
  ];
  const type = fc.constantFrom('oidc', 'oauth2', 'anonymous', 'upstreamInject', 'token_exchange', 'xaa');
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.record(
      { type, name: fc.string(), tokenExchange: fc.jsonValue({ maxDepth: 1 }) },
      { requiredKeys: [] },
    ),
  );
  fc.assert(
    fc.property(fc.constantFrom(...places), value, (place, written) => {
      const loaded = load({ [place]: written });
      if (loaded.ok) expect(explain(loaded.model).length).toBeGreaterThan(0);
      else expect(renderProblems(loaded.problems)).toContain('problem');
    }),
    { numRuns: 400 },
  );
});
