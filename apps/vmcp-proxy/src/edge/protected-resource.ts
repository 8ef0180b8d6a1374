import type { VmcpProxyPart } from '@gatehouse/config/parts';
import { basicScopes } from '../incoming-auth/challenge.js';

/** RFC 9728, section 2. */
export interface ProtectedResourceMetadata {
  readonly resource: string;
  readonly authorization_servers: readonly string[];
  readonly scopes_supported: readonly string[];
  readonly bearer_methods_supported: readonly ['header'];
  readonly resource_name: string;
}

/** Where the metadata of a resource is found: the well-known part goes before its path (RFC 9728, section 3.1). */
export function metadataUrl(resourceUrl: string): string {
  const url = new URL(resourceUrl);
  const path = url.pathname === '/' ? '' : url.pathname;
  return `${url.origin}/.well-known/oauth-protected-resource${path}`;
}

/** `undefined` for anonymous callers: nothing protects the resource then. Everything comes from the configuration. */
export function protectedResourceMetadata(
  part: Pick<VmcpProxyPart, 'name' | 'incomingAuth'>,
): ProtectedResourceMetadata | undefined {
  if (part.incomingAuth.type === 'anonymous') return undefined;
  const { issuer, resourceUrl, scopes } = part.incomingAuth.oidc;
  return {
    resource: resourceUrl,
    authorization_servers: [issuer],
    scopes_supported: basicScopes(scopes),
    bearer_methods_supported: ['header'],
    resource_name: part.name,
  };
}
