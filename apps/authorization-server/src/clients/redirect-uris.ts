const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);
/** Schemes that a browser handles itself: sending it there would run or show what the client chose. */
const DANGEROUS_SCHEMES = new Set([
  'javascript:',
  'data:',
  'vbscript:',
  'blob:',
  'file:',
  'about:',
  'filesystem:',
  'view-source:',
  'ws:',
  'wss:',
  'ftp:',
]);
const MAX_REDIRECT_URIS = 10;
const MAX_LENGTH = 2_048;

export const isLoopback = (uri: string): boolean => {
  const url = URL.parse(uri);
  return url?.protocol === 'http:' && LOOPBACK_HOSTS.has(url.hostname);
};

const isPrivateScheme = (uri: string): boolean => {
  const url = URL.parse(uri);
  return url !== null && !/^https?:$/.test(url.protocol);
};

/** Whether a client can only be an application on the user's machine: then the port of a loopback redirect is free. */
export const isNative = (redirectUris: readonly string[]): boolean =>
  redirectUris.every((uri) => isLoopback(uri) || isPrivateScheme(uri));

/**
 * OAuth 2.1, section 2.3.1 and RFC 8252, section 7: https anywhere, http on loopback only, private-use schemes where
 * the client is an installed application.
 * @returns what is wrong, in a sentence for the client's developer.
 */
export function redirectUrisProblem(
  redirectUris: unknown,
  allowed: { readonly privateSchemes: boolean },
): string | undefined {
  if (!Array.isArray(redirectUris) || redirectUris.length === 0)
    return 'redirect_uris must contain at least one URI';
  if (redirectUris.length > MAX_REDIRECT_URIS)
    return `redirect_uris must not contain more than ${MAX_REDIRECT_URIS} URIs`;
  for (const uri of redirectUris as readonly unknown[]) {
    const problem = redirectUriProblem(uri, allowed.privateSchemes);
    if (problem !== undefined) return `redirect_uris ${problem}`;
  }
  return undefined;
}

function redirectUriProblem(uri: unknown, privateSchemes: boolean): string | undefined {
  if (typeof uri !== 'string' || uri.length > MAX_LENGTH)
    return `must contain strings of at most ${MAX_LENGTH} characters`;
  const url = URL.parse(uri);
  if (url === null) return 'must contain absolute URIs';
  if (uri.includes('#')) return 'must not contain fragments';
  if (url.username !== '' || url.password !== '') return 'must not contain user names';
  if (url.protocol === 'https:')
    return LOOPBACK_HOSTS.has(url.hostname) ? 'on loopback must use http' : undefined;
  if (url.protocol === 'http:')
    return LOOPBACK_HOSTS.has(url.hostname) ? undefined : 'with http must be on loopback';
  if (!privateSchemes) return 'must be https, or http on loopback';
  return DANGEROUS_SCHEMES.has(url.protocol) ? `must not use the scheme ${url.protocol}` : undefined;
}
