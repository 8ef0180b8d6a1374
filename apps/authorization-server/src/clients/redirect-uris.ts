import { isLoopbackRedirect, redirectUriProblem } from '@gatehouse/config/urls/client-uris';

/** More than any client has. Every authorization request is compared with each of them. */
const MAX_REDIRECT_URIS = 100;

export interface RedirectPolicy {
  /** From the configuration, in addition to the known ones. */
  readonly redirectSchemes: readonly string[];
}

/**
 * The same rule for every client, however it became known.
 * @returns what is wrong, in a sentence for the client's developer.
 */
export function redirectUrisProblem(
  redirectUris: unknown,
  { redirectSchemes }: RedirectPolicy,
): string | undefined {
  if (!Array.isArray(redirectUris) || redirectUris.length === 0)
    return 'redirect_uris must contain at least one URI';
  if (redirectUris.length > MAX_REDIRECT_URIS)
    return `redirect_uris must not contain more than ${MAX_REDIRECT_URIS} URIs`;
  for (const uri of redirectUris as readonly unknown[]) {
    const problem = redirectUriProblem(uri, redirectSchemes);
    if (problem !== undefined) return `redirect_uris: each ${problem}`;
  }
  return applicationType(redirectUris as readonly string[]) === 'web' && redirectUris.some(isPrivateUse)
    ? 'redirect_uris must not mix private-use schemes with https on loopback'
    : undefined;
}

/** Where browsers go that were signed out: the same rules, and there need be none. */
export function postLogoutRedirectUrisProblem(
  uris: unknown,
  { redirectSchemes }: RedirectPolicy,
): string | undefined {
  if (uris === undefined) return undefined;
  if (!Array.isArray(uris) || uris.length > MAX_REDIRECT_URIS)
    return `post_logout_redirect_uris must be a list of at most ${MAX_REDIRECT_URIS} URIs`;
  for (const uri of uris as readonly unknown[]) {
    const problem = redirectUriProblem(uri, redirectSchemes);
    if (problem !== undefined) return `post_logout_redirect_uris: each ${problem}`;
  }
  return undefined;
}

/**
 * The type of a client that the protocol library is told, whatever the client says. With `native` the port of a loopback
 * redirect is free (RFC 8252, section 7.3), and private-use schemes are possible. But the library then refuses https on
 * loopback, which clients use for development.
 */
export const applicationType = (redirectUris: readonly string[]): 'native' | 'web' =>
  redirectUris.some((uri) => /^https:/i.test(uri) && isLoopbackRedirect(uri)) ? 'web' : 'native';

const isPrivateUse = (uri: unknown): boolean => typeof uri === 'string' && !/^https?:/i.test(uri);
