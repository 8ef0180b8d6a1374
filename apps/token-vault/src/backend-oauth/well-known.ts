/** Where the metadata of a protected resource may be: below its path, else at the root (RFC 9728 section 3.1). */
export function resourceMetadataUrls(resource: string): readonly string[] {
  const url = new URL(resource);
  const path = withoutSlash(url.pathname);
  const root = `${url.origin}/.well-known/oauth-protected-resource`;
  return path === '' ? [root] : [`${root}${path}${url.search}`, root];
}

/**
 * Where the metadata of an authorization server may be, in the order of the MCP specification: RFC 8414 section 3.1, then
 * OpenID Connect Discovery with the path inserted and with the path before it.
 */
export function serverMetadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = withoutSlash(pathname);
  const inserted = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
  ];
  return path === '' ? inserted : [...inserted, `${origin}${path}/.well-known/openid-configuration`];
}

/** RFC 8414 section 3.1: a slash at the end is not part of the path. */
const withoutSlash = (path: string): string => path.replace(/\/$/, '');
