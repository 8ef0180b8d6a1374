/** The path of a base URL without a final slash; empty at the root of its host. */
export const basePathOf = (url: string): string => new URL(url).pathname.replace(/\/$/, '');

/**
 * A request path below a base path, as seen from that base. A proxy in front may have taken the base path off already, so
 * a path without it is left as it is.
 */
export function belowBase(basePath: string, requestUrl: string): string {
  if (basePath === '' || !requestUrl.startsWith(basePath)) return requestUrl;
  const rest = requestUrl.slice(basePath.length);
  if (rest === '') return '/';
  if (rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : requestUrl;
}
