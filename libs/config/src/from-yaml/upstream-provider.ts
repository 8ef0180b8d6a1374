import type { Service } from '@gatehouse/kernel/services';
import type { Path } from '../findings/path.js';
import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { OAuth2Protocol, OidcProtocol, UpstreamProvider } from '../model/upstream-provider.js';
import type { SecretResolver } from '../secrets/secret-resolver.js';
import { ownCallback } from '../urls/callbacks.js';
import { PROVIDER_BLOCKS } from '../yaml/auth-server-fields.js';
import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import { buildMcpProvider, type ReachedBackend } from './mcp-provider.js';
import { partyEgress } from './party-egress.js';
import { given, milliseconds } from './written-values.js';

type Written = NonNullable<GatehouseYaml['authServer']>['upstreamProviders'][number];
type WrittenOidc = NonNullable<Written['oidcConfig']>;
type WrittenOAuth2 = NonNullable<Written['oauth2Config']>;

const TOKEN_VAULT: readonly Service[] = ['token-vault'];

/**
 * Only this file knows `oidcConfig` and `oauth2Config`. Fields that both have go to the provider, the others to its
 * protocol.
 */
export function buildProvider(
  written: Written,
  issuer: string,
  path: Path,
  secrets: SecretResolver,
  backends: readonly ReachedBackend[],
): UpstreamProvider<ConfiguredSecret> {
  const { name, requirement, type } = written;
  if (type === 'mcp') return buildMcpProvider(written, { issuer, path, secrets, backends });
  const block = written[PROVIDER_BLOCKS[type]];
  if (block === undefined) throw new Error('A provider without its fields passed the structure checks.');
  const protocol = 'issuerUrl' in block ? oidcProtocol(block) : oauth2Protocol(block);
  return {
    name,
    requirement,
    protocol,
    clientId: block.clientId,
    ...given(
      'clientSecret',
      block.clientSecret &&
        secrets.secret(block.clientSecret, [...path, PROVIDER_BLOCKS[type], 'clientSecret'], {
          kind: 'clientSecret',
          owners: TOKEN_VAULT,
        }),
    ),
    ...given('tokenEndpointAuthMethod', block.tokenEndpointAuthMethod ?? withoutDiscovery(block)),
    scopes: block.scopes,
    additionalAuthorizationParams: block.additionalAuthorizationParams,
    ...given('reconnectPrompt', block.reconnectPrompt),
    redirectUri: block.redirectUri ?? ownCallback(issuer, name),
    timeoutMs: milliseconds(written.timeout),
    ...partyEgress(written, { path, owner: 'token-vault', secrets }, ...urlsOf(protocol)),
  };
}

const oidcProtocol = ({ issuerUrl, subjectClaim }: WrittenOidc): OidcProtocol => ({
  type: 'oidc',
  issuer: issuerUrl,
  subjectClaim,
});

const oauth2Protocol = ({
  issuer,
  authorizationEndpoint,
  tokenEndpoint,
  revocationEndpoint,
  userInfo,
}: WrittenOAuth2): OAuth2Protocol => ({
  type: 'oauth2',
  ...given('issuer', issuer),
  authorizationEndpoint,
  tokenEndpoint,
  ...given('revocationEndpoint', revocationEndpoint),
  userInfo,
});

/** A plain OAuth 2 provider has no discovery document that would say which methods it takes. */
function withoutDiscovery(block: WrittenOidc | WrittenOAuth2) {
  if ('issuerUrl' in block) return undefined;
  return block.clientSecret === undefined ? 'none' : 'client_secret_basic';
}

/** The URLs that requests go to. When all of them are on localhost, private addresses and http are allowed. */
const urlsOf = (protocol: OidcProtocol | OAuth2Protocol): readonly (string | undefined)[] =>
  protocol.type === 'oidc'
    ? [protocol.issuer]
    : [
        protocol.authorizationEndpoint,
        protocol.tokenEndpoint,
        protocol.revocationEndpoint,
        protocol.userInfo.endpointUrl,
      ];
