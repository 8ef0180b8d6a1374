import { DAY_MS } from '@gatehouse/kernel/durations';
import { ownCallback } from '../callbacks.js';
import type { ConfiguredSecret } from '../configured-secret.js';
import type { Service } from '@gatehouse/kernel/services';
import type { GatehouseYaml } from '../gatehouse-yaml.js';
import type { AuthServer, ClientRegistration, KeyEncryptionKey, UpstreamProvider } from '../model.js';
import type { Path } from '../schema-tree.js';
import { egressRules, given, milliseconds, type SecretResolver } from './context.js';

type Written = NonNullable<GatehouseYaml['authServer']>;
type WrittenProvider = Written['upstreamProviders'][number];
type WrittenKeys = Written['keyEncryptionKeys'];

const AUTHORIZATION_SERVER: readonly Service[] = ['authorization-server'];
const TOKEN_VAULT: readonly Service[] = ['token-vault'];
const SESSION_LIFESPAN_MS = 30 * DAY_MS;
const BASELINE_SCOPES = ['openid', 'offline_access'];

export function buildAuthServer(
  written: Written,
  publicUrl: string,
  secrets: SecretResolver,
): AuthServer<ConfiguredSecret> {
  const issuer = written.issuer ?? publicUrl;
  const { tokenLifespans: lifespans } = written;
  return {
    issuer,
    ...given('authorizationEndpointBaseUrl', written.authorizationEndpointBaseUrl),
    primaryUpstreamProvider: written.primaryUpstreamProvider ?? written.upstreamProviders[0]?.name ?? '',
    insecureAllowHttp: written.insecureAllowHttp,
    trustedProxies: written.trustedProxies,
    tokenLifespans: {
      accessTokenLifespanMs: milliseconds(lifespans.accessTokenLifespan),
      refreshTokenLifespanMs: milliseconds(lifespans.refreshTokenLifespan),
      authCodeLifespanMs: milliseconds(lifespans.authCodeLifespan),
      sessionLifespanMs:
        lifespans.sessionLifespan === undefined
          ? Math.max(SESSION_LIFESPAN_MS, milliseconds(lifespans.refreshTokenLifespan))
          : milliseconds(lifespans.sessionLifespan),
    },
    signingKeys: written.signingKeys.map((reference, index) =>
      secrets.secret(reference, ['authServer', 'signingKeys', index], {
        kind: 'signingKey',
        owners: AUTHORIZATION_SERVER,
      }),
    ),
    keyEncryptionKeys: buildKeyEncryptionKeys(
      written.keyEncryptionKeys,
      ['authServer', 'keyEncryptionKeys'],
      AUTHORIZATION_SERVER,
      secrets,
    ),
    clientRegistration: buildClientRegistration(written.clientRegistration, secrets),
    scopesSupported: written.scopesSupported,
    baselineClientScopes:
      written.baselineClientScopes ??
      BASELINE_SCOPES.filter((scope) => written.scopesSupported.includes(scope)),
    resourceIndicator: written.resourceIndicator,
    connectionReuse: written.connectionReuse,
    upstreamProviders: written.upstreamProviders.map((provider, index) =>
      buildProvider(provider, issuer, ['authServer', 'upstreamProviders', index], secrets),
    ),
  };
}

export const buildKeyEncryptionKeys = (
  written: WrittenKeys,
  path: Path,
  owners: readonly Service[],
  secrets: SecretResolver,
): readonly KeyEncryptionKey<ConfiguredSecret>[] =>
  written.map(({ id, ...reference }, index) => ({
    id,
    key: secrets.secret(reference, [...path, index], { kind: 'keyEncryptionKey', owners }),
  }));

function buildClientRegistration(
  written: Written['clientRegistration'],
  secrets: SecretResolver,
): ClientRegistration<ConfiguredSecret> {
  const path: Path = ['authServer', 'clientRegistration'];
  const use = { kind: 'sharedSecret', owners: AUTHORIZATION_SERVER } as const;
  return {
    dynamic: written.dynamic,
    ...given(
      'initialAccessToken',
      written.initialAccessToken &&
        secrets.secret(written.initialAccessToken, [...path, 'initialAccessToken'], use),
    ),
    metadataDocuments: written.metadataDocuments,
    redirectSchemes: written.redirectSchemes,
    clients: written.clients.map(({ clientSecret, ...client }, index) => ({
      ...client,
      ...given(
        'clientSecret',
        clientSecret && secrets.secret(clientSecret, [...path, 'clients', index, 'clientSecret'], use),
      ),
    })),
  };
}

function buildProvider(
  written: WrittenProvider,
  issuer: string,
  path: Path,
  secrets: SecretResolver,
): UpstreamProvider<ConfiguredSecret> {
  const { name, requirement } = written;
  const facts = { name, requirement, timeoutMs: milliseconds(written.timeout) };
  const use = { kind: 'clientSecret', owners: TOKEN_VAULT } as const;
  if (written.type === 'oidc' && written.oidcConfig !== undefined) {
    const { clientSecret, redirectUri = ownCallback(issuer, name), ...config } = written.oidcConfig;
    const secret = clientSecret && secrets.secret(clientSecret, [...path, 'oidcConfig', 'clientSecret'], use);
    return {
      type: 'oidc',
      ...facts,
      redirectUri,
      ...egressRules(written, config.issuerUrl),
      oidcConfig: { ...config, ...given('clientSecret', secret) },
    };
  }
  if (written.oauth2Config === undefined)
    throw new Error('A provider without its fields passed the structure checks.');
  const { clientSecret, redirectUri = ownCallback(issuer, name), ...config } = written.oauth2Config;
  const secret = clientSecret && secrets.secret(clientSecret, [...path, 'oauth2Config', 'clientSecret'], use);
  return {
    type: 'oauth2',
    ...facts,
    redirectUri,
    ...egressRules(
      written,
      config.authorizationEndpoint,
      config.tokenEndpoint,
      config.revocationEndpoint,
      config.userInfo.endpointUrl,
    ),
    oauth2Config: {
      ...config,
      ...given('clientSecret', secret),
      tokenEndpointAuthMethod:
        config.tokenEndpointAuthMethod ?? (clientSecret === undefined ? 'none' : 'client_secret_basic'),
    },
  };
}
