import type { VmcpProxyPart } from '@gatehouse/config/parts';
import { mcpEndpoints } from '@gatehouse/config/urls/mcp-endpoints';
import { scopesOf, type Scope } from '../catalog/scope.js';
import { basicScopes, type ChallengeFacts } from '../incoming-auth/challenge.js';
import { metadataUrl } from './protected-resource.js';

/** One MCP endpoint: what it shows, to whom, and where clients learn how to sign in for it. */
export interface Endpoint {
  readonly scope: Scope;
  /** What a token for it must name. Absent with anonymous callers, who have no token. */
  readonly audience?: string;
  /** Where clients reach it. */
  readonly url: string;
  readonly challenge: ChallengeFacts;
}

type Configured = Pick<VmcpProxyPart, 'incomingAuth' | 'resourceUrl' | 'backends' | 'aggregation' | 'views'>;

/** By place. Everything comes from the configuration, and nothing from a request. */
export function endpointsOf(part: Configured): Map<string, Endpoint> {
  const { incomingAuth, backends, views } = part;
  const oidc = incomingAuth.type === 'oidc' ? incomingAuth.oidc : undefined;
  const resources = new Map(
    mcpEndpoints(oidc?.resourceUrl ?? part.resourceUrl, backends, views).map((one) => [
      one.place,
      one.resourceUrl,
    ]),
  );
  return new Map(
    scopesOf(part).map((scope): [string, Endpoint] => {
      const resourceUrl = resources.get(scope.place);
      if (resourceUrl === undefined) throw new Error(`the endpoint ${scope.place} is no resource`);
      if (oidc === undefined)
        return [scope.place, { scope, url: resourceUrl, challenge: { metadataUrl: '', scopes: [] } }];
      const challenge = { metadataUrl: metadataUrl(resourceUrl), scopes: basicScopes(oidc.scopes) };
      // An external issuer may have another name for the gateway as a whole; all others are named by their URLs.
      const audience = scope.place === '' ? oidc.audience : resourceUrl;
      return [scope.place, { scope, audience, url: resourceUrl, challenge }];
    }),
  );
}

/**
 * From now on these are there. An endpoint that stays is the same object: whoever listens there goes on, and sees what it shows now.
 * @returns places that are gone.
 */
export function exchangeEndpoints(
  endpoints: Map<string, Endpoint>,
  next: ReadonlyMap<string, Endpoint>,
): ReadonlySet<string> {
  const gone = new Set([...endpoints.keys()].filter((place) => !next.has(place)));
  for (const place of gone) endpoints.delete(place);
  for (const [place, endpoint] of next) {
    const known = endpoints.get(place);
    endpoints.set(
      place,
      known === undefined ? endpoint : { ...endpoint, scope: Object.assign(known.scope, endpoint.scope) },
    );
  }
  return gone;
}
