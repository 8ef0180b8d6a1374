import type { ConfiguredSecret } from '../model/configured-secret.js';
import { EVERYTHING, type Obo } from '../model/obo.js';
import type { Path } from '../findings/path.js';
import type { SecretResolver } from '../secrets/secret-resolver.js';
import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import { endpointClient } from './endpoint-client.js';
import { partyEgress } from './party-egress.js';
import { destination } from './token-destination.js';
import { given, milliseconds } from './written-values.js';
import { onlyOne } from './xaa.js';

type Written = NonNullable<GatehouseYaml['outgoingAuth']['default']['obo']>;

const PUBLIC_CLOUD = 'https://login.microsoftonline.com';

/** @param providers names of the upstream providers */
export function buildObo(
  written: Written,
  path: Path,
  secrets: SecretResolver,
  providers: readonly string[],
): Obo<ConfiguredSecret> {
  const place = { path, owner: 'token-vault', secrets } as const;
  const tokenUrl = written.tokenUrl ?? tenantEndpoint(written);
  return {
    type: 'obo',
    tokenUrl,
    tenant: {
      ...given('tenantId', written.tenantId),
      ...given('authority', written.authority),
      isUsed: written.tokenUrl === undefined,
    },
    clientId: written.clientId,
    // Entra shows no client secret in a header in any of its examples.
    ...endpointClient(
      {
        tokenEndpointAuthMethod: written.clientKey === undefined ? 'client_secret_post' : 'private_key_jwt',
        ...given('clientSecret', written.clientSecret),
        ...given('clientKey', written.clientKey),
      },
      place,
    ),
    ...given(
      'clientCertificate',
      written.clientCertificate &&
        secrets.secret(written.clientCertificate, [...path, 'clientCertificate'], {
          kind: 'caBundle',
          owners: ['token-vault'],
        }),
    ),
    scopes: scopesOf(written),
    ...given(
      'toolScopes',
      written.toolScopes?.map(({ tools, scopes }) => ({ tools, scopes: inFull(written, scopes) })),
    ),
    subjectTokenProviderName: written.subjectTokenProviderName ?? onlyOne(providers),
    ...partyEgress(written, place, tokenUrl),
    ...destination(written),
    cacheSkewMs: milliseconds(written.cacheSkew),
    timeoutMs: milliseconds(written.timeout),
  };
}

const tenantEndpoint = ({ tenantId, authority = PUBLIC_CLOUD }: Written): string =>
  tenantId === undefined
    ? ''
    : `${authority.replace(/\/+$/, '')}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`;

/** OpenID Connect's own scopes belong to no application. */
const OPENID: ReadonlySet<string> = new Set(['openid', 'profile', 'email', 'offline_access']);

const scopesOf = (written: Written): readonly string[] =>
  written.audience !== undefined && written.scopes.length === 0
    ? [`${baseOf(written.audience)}${EVERYTHING}`]
    : inFull(written, written.scopes);

const inFull = ({ audience }: Written, scopes: readonly string[]): readonly string[] =>
  audience === undefined
    ? scopes
    : scopes.map((scope) =>
        scope.includes('/') || OPENID.has(scope) ? scope : `${baseOf(audience)}/${scope}`,
      );

const baseOf = (audience: string): string => audience.replace(/\/+$/, '');
