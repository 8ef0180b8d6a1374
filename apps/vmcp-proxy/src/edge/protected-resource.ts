import { PROOF_ALGORITHMS } from '@gatehouse/access-tokens/dpop-proof';
import { scopeUses } from '@gatehouse/config/model/scope-uses';
import type { VmcpProxyPart } from '@gatehouse/config/parts';
import { backendPlace, mcpEndpoints, viewPlace } from '@gatehouse/config/urls/mcp-endpoints';
import { isEmbedded } from '../incoming-auth/embedded-issuer.js';
import { basicScopes } from '../incoming-auth/challenge.js';

export const METADATA_ROOT = '/.well-known/oauth-protected-resource';

/** RFC 9728, section 2. */
export interface ProtectedResourceMetadata {
  readonly resource: string;
  readonly authorization_servers: readonly string[];
  readonly scopes_supported: readonly string[];
  readonly bearer_methods_supported: readonly ['header'];
  readonly dpop_signing_alg_values_supported: readonly string[];
  readonly dpop_bound_access_tokens_required: boolean;
  readonly tls_client_certificate_bound_access_tokens?: true;
  readonly resource_name: string;
}

/** Where the metadata of a resource is found: the well-known part goes before its path (RFC 9728, section 3.1). */
export function metadataUrl(resourceUrl: string): string {
  const url = new URL(resourceUrl);
  const path = url.pathname === '/' ? '' : url.pathname;
  return `${url.origin}${METADATA_ROOT}${path}`;
}

type Configured = Pick<VmcpProxyPart, 'name' | 'incomingAuth' | 'authServer' | 'backends' | 'views'>;

/**
 * The metadata of one of the gateway's resources. `undefined` for anonymous callers: nothing protects it then. Everything
 * comes from the configuration.
 */
export function protectedResourceMetadata(
  part: Configured,
  resource: string,
): ProtectedResourceMetadata | undefined {
  if (part.incomingAuth.type === 'anonymous') return undefined;
  const { issuer, scopes } = part.incomingAuth.oidc;
  const rules = isEmbedded(part) ? part.authServer : undefined;
  const takesCertificates = rules?.mtls !== undefined;
  return {
    resource,
    authorization_servers: [issuer],
    scopes_supported: basicScopes([...new Set([...scopes, ...scopeUses(behind(part, resource)).keys()])]),
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: PROOF_ALGORITHMS,
    // Where there are certificates, a token may be bound to one instead.
    dpop_bound_access_tokens_required: rules?.dpop.boundAccessTokens === 'required' && !takesCertificates,
    ...(takesCertificates ? { tls_client_certificate_bound_access_tokens: true } : {}),
    resource_name: part.name,
  };
}

/** The backends that a resource is the way to. */
function behind({ incomingAuth, backends, views }: Configured, resource: string): Configured['backends'] {
  const main = incomingAuth.type === 'oidc' ? incomingAuth.oidc.resourceUrl : '';
  const place = mcpEndpoints(main, backends, views).find((one) => one.resourceUrl === resource)?.place ?? '';
  const view = views.find(({ name }) => viewPlace(name) === place);
  return backends.filter(
    ({ name }) => place === '' || place === backendPlace(name) || view?.backends.includes(name) === true,
  );
}
