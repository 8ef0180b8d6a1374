import { mcpEndpoints, requestPathsOf } from '@gatehouse/config/urls/mcp-endpoints';
import type { VmcpProxyPart } from '@gatehouse/config/parts';
import { basePathOf, belowBase } from '@gatehouse/config/urls/public-paths';
import { METADATA_ROOT, metadataUrl } from './protected-resource.js';

type Configured = Pick<VmcpProxyPart, 'publicUrl' | 'incomingAuth' | 'resourceUrl' | 'backends' | 'views'>;

/**
 * Where requests arrive. A public URL with a path stands behind a proxy, which keeps that path or takes it off: each path
 * is answered in both forms. Only the configuration says what is public.
 */
export class EndpointPaths {
  readonly #basePath: string;
  #places = new Map<string, string>();
  #resources = new Map<string, string>();

  constructor(part: Configured) {
    this.#basePath = basePathOf(part.publicUrl);
    this.exchange(part);
  }

  /** From now on these are there. */
  exchange({ incomingAuth, resourceUrl, backends, views }: Configured): void {
    this.#places = new Map();
    this.#resources = new Map();
    const main = incomingAuth.type === 'oidc' ? incomingAuth.oidc.resourceUrl : resourceUrl;
    const endpoints = mcpEndpoints(main, backends, views);
    for (const { place } of endpoints)
      for (const path of requestPathsOf(this.#basePath, place)) addNew(this.#places, path, place);
    // RFC 9728, section 3.1; then as a proxy may rewrite it; then where clients look beside it.
    for (const { resourceUrl: resource } of endpoints)
      addNew(this.#resources, new URL(metadataUrl(resource)).pathname, resource);
    for (const { place, resourceUrl: resource } of endpoints)
      addNew(this.#resources, `${METADATA_ROOT}/mcp${place}`, resource);
    for (const path of [METADATA_ROOT, `${METADATA_ROOT}${this.#basePath}`])
      addNew(this.#resources, path, main);
  }

  /**
   * The place of the endpoint that a request is for; `undefined`: it is for none. With or without a final slash: people
   * write it both ways.
   */
  placeOf(requestUrl = ''): string | undefined {
    return this.#places.get(requestUrl) ?? this.#places.get(pathOf(requestUrl));
  }

  /** The route of any other request. */
  route(requestUrl = '/'): string {
    return belowBase(this.#basePath, requestUrl);
  }

  /** The resource whose metadata is at a route. */
  resourceAt(route: string): string | undefined {
    return this.#resources.get(pathOf(route));
  }
}

/** Without the query and one final slash. */
const pathOf = (requestUrl: string): string => (requestUrl.split('?')[0] ?? '').replace(/\/$/, '');

function addNew(to: Map<string, string>, key: string, value: string): void {
  if (!to.has(key)) to.set(key, value);
}
