import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { Secret } from '@gatehouse/kernel/secret';
import { configurationText, load, modelOf, SECRETS, type Changes } from './configuration.fixture.js';
import { SERVICES, type Service } from '@gatehouse/kernel/services';
import { explain } from './explain.js';
import { parseConfiguration } from './load.js';
import { authorizationServerPart, tokenVaultPart, vmcpProxyPart } from './parts.js';

const WITH_REGISTRATION_TOKEN = {
  'authServer.clientRegistration': {
    dynamic: 'initialAccessToken',
    initialAccessToken: { env: 'INITIAL_ACCESS_TOKEN' },
    clients: [
      {
        clientId: 'c',
        clientName: 'C',
        redirectUris: ['https://c.example/cb'],
        clientSecret: { env: 'INITIAL_ACCESS_TOKEN' },
      },
    ],
  },
};

const MAY_READ: Readonly<Record<Service, readonly (keyof typeof SECRETS)[]>> = {
  'authorization-server': [
    'SIGNING_KEY',
    'AS_KEK',
    'INITIAL_ACCESS_TOKEN',
    'AS_DATABASE_URL',
    'NATS_CREDENTIALS',
    'VAULT_REQUEST_KEY',
  ],
  'token-vault': [
    'ACME_CLIENT_SECRET',
    'OCTO_CLIENT_SECRET',
    'EXCHANGE_SECRET',
    'VAULT_KEK',
    'VAULT_DATABASE_URL',
    'NATS_CREDENTIALS',
    'VAULT_REQUEST_KEY',
  ],
  'vmcp-proxy': ['API_KEY', 'NATS_CREDENTIALS'],
};

test('the authorization server knows which scopes the gateway asks of every token', () => {
  const model = modelOf(
    {
      incomingAuth: { type: 'oidc', oidc: { scopes: ['openid', 'email'] } },
      'authServer.scopesSupported': ['openid', 'email'],
    },
    'authorization-server',
  );
  expect(authorizationServerPart(model).requiredScopes).toEqual(['openid', 'email']);
});

describe('a service never reads a secret of another service', () => {
  test.each(SERVICES)('%s', (part) => {
    const asked = new Set<string>();
    const loaded = parseConfiguration(
      { document: 'gatehouse.yaml', text: configurationText(WITH_REGISTRATION_TOKEN) },
      {
        part,
        readSecret: (reference) => {
          const name = 'env' in reference ? reference.env : '';
          // What leads out of the network is nobody's secret.
          if (name.toUpperCase().endsWith('_PROXY')) return { ok: false, message: 'not set' };
          asked.add(name);
          return { ok: true, value: SECRETS[name as keyof typeof SECRETS] };
        },
      },
    );
    expect(loaded.ok).toBe(true);
    expect([...asked].sort()).toEqual([...MAY_READ[part]].sort());
  });

  test('a check without secrets reads none', () => {
    expect(load({}, 'none', {}).ok).toBe(true);
  });

  test('a service starts without the secrets of the others', () => {
    for (const part of SERVICES)
      expect(
        load(
          WITH_REGISTRATION_TOKEN,
          part,
          Object.fromEntries(MAY_READ[part].map((name) => [name, SECRETS[name]])),
        ).ok,
      ).toBe(true);
  });

  test('a secret of another part cannot be used: the attempt names the reference and whose it is', () => {
    const model = modelOf({}, 'vmcp-proxy');
    expect(() => tokenVaultPart(model)).toThrow(/was not resolved: it is for token-vault/);
    expect(() => authorizationServerPart(model)).toThrow(/was not resolved: it is for authorization-server/);
    expect(() => vmcpProxyPart(modelOf({}, 'token-vault'))).toThrow(/env API_KEY was not resolved/);
  });
});

/** Everything that can be reached from a value, maps included. */
function reachable(value: unknown, seen = new Set<unknown>()): Set<unknown> {
  if (seen.has(value)) return seen;
  seen.add(value);
  if (value instanceof Map) for (const entry of value.values()) reachable(entry, seen);
  else if (typeof value === 'object' && value !== null)
    for (const entry of Object.values(value)) reachable(entry, seen);
  return seen;
}

const secretsIn = (part: unknown): readonly string[] =>
  [...reachable(part)].flatMap((value) => (value instanceof Secret ? [value.reveal()] : []));

describe('a part holds what its service may see and nothing else', () => {
  const model = modelOf(WITH_REGISTRATION_TOKEN);

  test('the proxy: header values and its own bus password', () => {
    expect([...secretsIn(vmcpProxyPart(model))].sort()).toEqual(
      [SECRETS.API_KEY, 'value-of:the-nats-password'].sort(),
    );
    expect(vmcpProxyPart(model).backends.map(({ strategy }) => strategy)).toMatchObject([
      { type: 'upstreamInject', providerName: 'octo' },
      { type: 'issuedToken', subject: { of: 'provider', providerName: 'acme-sso', token: 'access_token' } },
      { type: 'headerInjection', headerName: 'X-Api-Key' },
      { type: 'unauthenticated' },
    ]);
    expect(inspect(vmcpProxyPart(model), { depth: 9 })).not.toContain('sts.acme.example');
  });

  test('the authorization server: no client secret of a provider and no key of the vault', () => {
    const secrets = secretsIn(authorizationServerPart(model));
    for (const name of [
      'ACME_CLIENT_SECRET',
      'OCTO_CLIENT_SECRET',
      'EXCHANGE_SECRET',
      'API_KEY',
      'VAULT_DATABASE_URL',
    ] as const)
      expect(secrets).not.toContain(SECRETS[name]);
    expect(secrets).not.toContain(Buffer.from(SECRETS.VAULT_KEK, 'hex').toString('base64url'));
    expect(authorizationServerPart(model).upstreamProviders).toEqual([
      {
        name: 'acme-sso',
        requirement: 'required',
        type: 'oidc',
        scopes: ['openid', 'offline_access'],
        backends: ['tickets'],
      },
      { name: 'octo', requirement: 'required', type: 'oauth2', scopes: [], backends: ['repos'] },
    ]);
  });

  test('the vault: no key of the authorization server', () => {
    const part = tokenVaultPart(model);
    const secrets = secretsIn(part);
    for (const name of ['SIGNING_KEY', 'API_KEY', 'AS_DATABASE_URL', 'INITIAL_ACCESS_TOKEN'] as const)
      expect(secrets).not.toContain(SECRETS[name]);
    expect(secrets).not.toContain(Buffer.from(SECRETS.AS_KEK, 'base64').toString('base64url'));
    expect([...part.backendCredentials].map(([name, { type }]) => [name, type])).toEqual([
      ['repos', 'upstreamInject'],
      ['tickets', 'tokenExchange'],
    ]);
    expect(part.nats).toMatchObject({ user: 'service', servers: ['nats://nats:4222'] });
  });

  test('key-encryption keys are 32 bytes in one encoding, whichever was written', () => {
    for (const { key } of [
      ...tokenVaultPart(model).keyEncryptionKeys,
      ...authorizationServerPart(model).keyEncryptionKeys,
    ])
      expect(Buffer.from(key.reveal(), 'base64url')).toHaveLength(32);
  });
});

test('a model, its parts and its explanation print no secret, whichever way they are printed', () => {
  const model = modelOf(WITH_REGISTRATION_TOKEN);
  const values = [
    model,
    authorizationServerPart(model),
    tokenVaultPart(model),
    vmcpProxyPart(model),
    explain(model),
  ];
  const printed = values
    .flatMap((value) => [inspect(value, { depth: null, showHidden: true }), JSON.stringify(value)])
    .join('\n');
  const fragments = secretsIn([model, ...values]);
  expect(fragments.length).toBeGreaterThan(8);
  for (const secret of [...fragments, ...Object.values(SECRETS)]) expect(printed).not.toContain(secret);
  expect(printed).not.toContain('value-of');
});

test('what is derived is explained: the endpoint, the callback to register, who pays with what', () => {
  const explained = new Map(explain(modelOf()).map(({ path, value }) => [path, value]));
  expect(explained.get('resourceUrl')).toBe('https://mcp.acme.example/mcp');
  expect(explained.get('resourceUrl.repos')).toBe('https://mcp.acme.example/mcp/repos');
  for (const name of ['acme-sso', 'octo'])
    expect(explained.get(`authServer.upstreamProviders.${name}.redirectUri`)).toBe(
      `https://auth.acme.example/oauth/callback/${name}`,
    );
  expect(explained.get('backends.repos')).toBe('access token of octo');
  expect(explained.get('backends.status')).toBe('no credential');
  expect(explained.get('vault.keyEncryptionKeys.v')).toBe('env VAULT_KEK');
});

test('the proxy and the vault have one name for what a backend is, and it changes with whatever a credential depends on', () => {
  const bindingsOf = (changes: Changes = {}) => {
    const ofVault = tokenVaultPart(modelOf(changes)).backendBindings;
    for (const { name, binding } of vmcpProxyPart(modelOf(changes)).backends)
      expect(ofVault.get(name)).toBe(binding);
    return ofVault;
  };
  const before = bindingsOf();
  const changed = (changes: Changes): readonly string[] => {
    const now = bindingsOf(changes);
    return [...before.keys()].filter((name) => now.get(name) !== before.get(name));
  };
  expect(changed({})).toEqual([]);
  expect(changed({ 'backends.0.timeout': '11s' })).toEqual([]);
  expect(changed({ 'backends.0.url': 'https://elsewhere.acme.example/mcp' })).toEqual(['repos']);
  expect(changed({ 'outgoingAuth.backends.repos.upstreamInject.providerName': 'acme-sso' })).toEqual([
    'repos',
  ]);
  expect(changed({ 'outgoingAuth.backends.tickets.tokenExchange.audience': 'other' })).toEqual(['tickets']);
  expect(
    changed({ 'outgoingAuth.default': { type: 'upstreamInject', upstreamInject: { providerName: 'octo' } } }),
  ).toEqual(['status']);
});
