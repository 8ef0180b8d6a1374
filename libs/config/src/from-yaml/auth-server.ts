import { DAY_MS } from '@gatehouse/kernel/durations';
import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { Service } from '@gatehouse/kernel/services';
import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import type { Administration } from '../model/administration.js';
import type { AuthServer } from '../model/auth-server.js';
import type { Backend } from '../model/backend.js';
import type { Branding } from '../model/branding.js';
import { scopeUses } from '../model/scope-uses.js';
import type { ClaimMappings } from '../model/claim-mappings.js';
import type { ClientRegistration } from '../model/client-registration.js';
import type { KeyEncryptionKey } from '../model/key-encryption-key.js';
import type { Path } from '../findings/path.js';
import type { SecretResolver } from '../secrets/secret-resolver.js';
import { buildAccess } from './access.js';
import { buildClientLimits } from './client-limits.js';
import { buildAssertionIssuers } from './assertion-issuer.js';
import { buildKeyHolders, buildSigningKeys } from './held-keys.js';
import type { ReachedBackend } from './mcp-provider.js';
import { buildRequestProtection } from './request-protection.js';
import { buildProvider } from './upstream-provider.js';
import { given, milliseconds } from './written-values.js';

type Written = NonNullable<GatehouseYaml['authServer']>;
type WrittenKeys = Written['keyEncryptionKeys'];

const AUTHORIZATION_SERVER: readonly Service[] = ['authorization-server'];
const SESSION_LIFESPAN_MS = 30 * DAY_MS;
const BASELINE_SCOPES = ['openid', 'offline_access'];

export function buildAuthServer(
  written: Written,
  publicUrl: string,
  secrets: SecretResolver,
  backends: readonly (ReachedBackend & Pick<Backend<unknown>, 'requiredScopes' | 'toolScopes'>)[],
  branding: Branding,
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
    signingKeys: buildSigningKeys(written.signingKeys, secrets),
    keyHolders: buildKeyHolders(written.keyHolders, secrets),
    ...given(
      'signingKeyLifespanMs',
      written.signingKeyLifespan === undefined ? undefined : milliseconds(written.signingKeyLifespan),
    ),
    keyEncryptionKeys: buildKeyEncryptionKeys(
      written.keyEncryptionKeys,
      ['authServer', 'keyEncryptionKeys'],
      AUTHORIZATION_SERVER,
      secrets,
    ),
    clientRegistration: buildClientRegistration(written.clientRegistration, secrets),
    requestProtection: buildRequestProtection(written, secrets),
    // What calls need can be asked for without being written twice.
    scopesSupported: [...new Set([...written.scopesSupported, ...scopeUses(backends).keys()])],
    baselineClientScopes:
      written.baselineClientScopes ??
      BASELINE_SCOPES.filter((scope) => written.scopesSupported.includes(scope)),
    resourceIndicator: written.resourceIndicator,
    connectionReuse: written.connectionReuse,
    ...given('deviceFlow', written.deviceFlow && buildDeviceFlow(written.deviceFlow)),
    ...given('access', written.access && buildAccess(written.access, ['authServer', 'access'], secrets)),
    ...given(
      'administration',
      written.administration && buildAdministration(written.administration, secrets),
    ),
    branding,
    ...given('claimMappings', written.claimMappings && buildClaimMappings(written.claimMappings)),
    assertionIssuers: buildAssertionIssuers(written.assertionIssuers, secrets),
    upstreamProviders: written.upstreamProviders.map((provider, index) =>
      buildProvider(provider, issuer, ['authServer', 'upstreamProviders', index], secrets, backends),
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

/** A claim that is called the same here needs no second name. */
const buildClaimMappings = ({ from, claims }: NonNullable<Written['claimMappings']>): ClaimMappings => ({
  from,
  claims: claims.map(({ claim, as = claim, values }) => ({ claim, as, ...given('values', values) })),
});

const buildAdministration = (
  { host, port, url, access }: NonNullable<Written['administration']>,
  secrets: SecretResolver,
): Administration => ({
  host,
  port,
  url: url ?? `http://localhost:${port}`,
  ...given('access', access && buildAccess(access, ['authServer', 'administration', 'access'], secrets)),
});

const buildDeviceFlow = ({ codeLifespan }: NonNullable<Written['deviceFlow']>) => ({
  codeLifespanMs: milliseconds(codeLifespan),
});

const withLifespan = <T extends { readonly lifespan: string }>({ lifespan, ...grant }: T) => ({
  ...grant,
  lifespanMs: milliseconds(lifespan),
});

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
    unusedClientLifespanMs: milliseconds(written.unusedClientLifespan),
    metadataDocuments: written.metadataDocuments,
    redirectSchemes: written.redirectSchemes,
    clients: written.clients.map(
      ({ clientSecret, tokenExchange, identityAssertions, limits, ...client }, index) => ({
        ...client,
        ...given('limits', limits && buildClientLimits(limits)),
        ...given('tokenExchange', tokenExchange && withLifespan(tokenExchange)),
        ...given('identityAssertions', identityAssertions && withLifespan(identityAssertions)),
        ...given(
          'clientSecret',
          clientSecret && secrets.secret(clientSecret, [...path, 'clients', index, 'clientSecret'], use),
        ),
      }),
    ),
  };
}
