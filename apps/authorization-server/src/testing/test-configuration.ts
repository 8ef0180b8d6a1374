import { randomBytes } from 'node:crypto';
import type { BusOptions } from '@gatehouse/messaging/bus-options';
import { Secret } from '@gatehouse/kernel/secret';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';

export interface TestConfigurationParts {
  readonly databaseUrl: Secret;
  readonly bus: BusOptions;
  readonly port: number;
}

const KEY_ENCRYPTION_KEYS = [{ id: 'test', key: new Secret(randomBytes(32).toString('base64url')) }];

const NOTHING_DEMANDED: AuthorizationServerPart['requestProtection'] = {
  securityProfile: 'none',
  pushedAuthorizationRequests: 'optional',
  dpop: { boundAccessTokens: 'optional', nonces: 'optional' },
};

const BRANDING: AuthorizationServerPart['branding'] = {
  name: 'Gatehouse',
  providers: new Map(),
  backends: new Map(),
};

const NONE = {
  trustedProxies: [],
  assertionIssuers: [],
  userSecrets: [],
  signingKeys: [],
  keyHolders: {},
  requestProtection: NOTHING_DEMANDED,
  branding: BRANDING,
};

/** acme-sso says who the user is, octo is required, wiki optional, mail connected when needed. */
export function testConfiguration(
  { databaseUrl, bus, port }: TestConfigurationParts,
  overrides: Partial<AuthorizationServerPart> = {},
): AuthorizationServerPart {
  const issuer = `http://localhost:${port}`;
  const provider = { type: 'oauth2', scopes: ['read'], backends: ['files'] } as const;
  return {
    name: bus.gatewayName,
    publicUrl: 'http://localhost:9',
    resourceUrl: 'http://localhost:9/mcp',
    resourceUrls: [
      'http://localhost:9/mcp',
      'http://localhost:9/mcp/octo',
      'http://localhost:9/mcp/views/support',
    ],
    partBackends: new Map([
      ['http://localhost:9/mcp/octo', ['octo']],
      ['http://localhost:9/mcp/views/support', ['support']],
    ]),
    allowedOrigins: ['https://inspector.example'],
    wayOut: { noProxy: [], refusesPrivateAddresses: false },
    nats: bus,
    shutdownDelayMs: 0,
    shutdownTimeoutMs: 25_000,
    telemetry: { toolLabels: 100, audit: { enabled: false, arguments: [] } },
    listen: { host: '127.0.0.1', port, internal: { host: '127.0.0.1', port: 0 } },
    issuer,
    primaryUpstreamProvider: 'acme-sso',
    insecureAllowHttp: false,
    ...NONE,
    tokenLifespans: {
      accessTokenLifespanMs: 60_000,
      refreshTokenLifespanMs: 3_600_000,
      authCodeLifespanMs: 60_000,
      sessionLifespanMs: 86_400_000,
    },
    keyEncryptionKeys: KEY_ENCRYPTION_KEYS,
    clientRegistration: {
      dynamic: 'open',
      metadataDocuments: { enabled: true, allowedHosts: ['*'], allowPrivateIps: true, documents: [] },
      redirectSchemes: [],
      unusedClientLifespanMs: 2_592_000_000,
      clients: [],
    },
    scopesSupported: ['openid', 'profile', 'email', 'offline_access'],
    requiredScopes: [],
    scopeUses: new Map(),
    baselineClientScopes: ['openid', 'offline_access'],
    resourceIndicator: 'required',
    connectionReuse: 'confirm',
    upstreamProviders: [
      { ...provider, name: 'acme-sso', requirement: 'required' },
      { ...provider, name: 'octo', requirement: 'required' },
      { ...provider, name: 'wiki', requirement: 'optional' },
      { ...provider, name: 'mail', requirement: 'onDemand' },
    ],
    databaseUrl,
    ...overrides,
  };
}
