/** An MCP endpoint: a protected resource of its own (RFC 9728), and the audience of the tokens for it. */
export interface McpEndpoint {
  /** What follows `/mcp` in its path: nothing, `/<backend>` or `/views/<name>`. */
  readonly place: string;
  readonly resourceUrl: string;
}

interface Named {
  readonly name: string;
}

export const backendPlace = (name: string): string => `/${name}`;
export const viewPlace = (name: string): string => `/views/${name}`;

/**
 * Every endpoint of a gateway: that of all backends first, one for each backend alone, one for each view. No two have one
 * place: that of a view has one segment more than that of a backend.
 */
export const mcpEndpoints = (
  resourceUrl: string,
  backends: readonly Named[],
  views: readonly Named[],
): readonly McpEndpoint[] =>
  ['', ...backends.map(({ name }) => backendPlace(name)), ...views.map(({ name }) => viewPlace(name))].map(
    (place) => ({ place, resourceUrl: `${resourceUrl}${place}` }),
  );

/** Where requests to an endpoint arrive: a proxy in front keeps the path of the public URL, or takes it off. */
export const requestPathsOf = (basePath: string, place: string): readonly string[] => [
  ...new Set([`/mcp${place}`, `${basePath}/mcp${place}`]),
];

/** The view whose endpoint is at a place, if one is. */
export const viewName = (place: string): string | undefined =>
  place.startsWith(viewPlace('')) ? place.slice(viewPlace('').length) : undefined;
