import { basePathOf, belowBase } from '@gatehouse/config/urls/public-paths';
import { metadataUrl } from './protected-resource.js';

const MCP = '/mcp';
export const METADATA_ROOT = '/.well-known/oauth-protected-resource';

/**
 * Where requests arrive. A public URL with a path stands behind a proxy, which keeps that path or takes it off: each path
 * is answered in both forms. Only the configuration says what is public.
 */
export class EndpointPaths {
  readonly #basePath: string;
  readonly #mcp: ReadonlySet<string>;

  constructor(publicUrl: string) {
    this.#basePath = basePathOf(publicUrl);
    this.#mcp = new Set([MCP, `${this.#basePath}${MCP}`]);
  }

  /** With or without a final slash: people write it both ways. */
  isMcp(requestUrl = ''): boolean {
    return this.#mcp.has(pathOf(requestUrl));
  }

  /** The route of any other request. */
  route(requestUrl = '/'): string {
    return belowBase(this.#basePath, requestUrl);
  }

  /** Where the metadata of a resource is (RFC 9728 section 3.1), as routes; also at the root for clients that look there. */
  metadata(resourceUrl: string): ReadonlySet<string> {
    return new Set([
      METADATA_ROOT,
      `${METADATA_ROOT}${MCP}`,
      `${METADATA_ROOT}${this.#basePath}`,
      new URL(metadataUrl(resourceUrl)).pathname,
    ]);
  }
}

/** Without the query and one final slash. */
export const pathOf = (requestUrl: string): string => (requestUrl.split('?')[0] ?? '').replace(/\/$/, '');
