import { DNS_LABEL } from '@gatehouse/kernel/dns-label';
import { canonicalUrl } from './canonical-url.js';

/** The path to which providers send browsers back. */
const CALLBACK_PATH = '/oauth/callback';

/**
 * The callback that all providers shared before each had its own. It still works where a `redirectUri` names it. It has one
 * spelling: the token request repeats it (RFC 6749 section 4.1.3).
 */
export const commonCallback = (issuer: string): string => canonicalUrl(`${issuer}${CALLBACK_PATH}`);

/** A provider's own callback: an answer that arrives there belongs to this provider (RFC 9700 section 4.4.2.2). */
export const ownCallback = (issuer: string, provider: string): string =>
  canonicalUrl(`${issuer}${CALLBACK_PATH}/${provider}`);

/** Whether the authorization server takes callbacks there. */
export function isCallback(issuer: string, redirectUri: string): boolean {
  if (redirectUri === commonCallback(issuer)) return true;
  const name = callbackName(redirectUri);
  return name !== undefined && redirectUri === ownCallback(issuer, name);
}

/** The name in a callback: the last segment of its path. @returns `undefined` for the common one. */
export function callbackName(redirectUri: string): string | undefined {
  const name = redirectUri.slice(redirectUri.lastIndexOf('/') + 1);
  return redirectUri.endsWith(`${CALLBACK_PATH}/${name}`) && DNS_LABEL.test(name) ? name : undefined;
}

/** The path to which providers post logout tokens; the provider's name follows. */
export const PROVIDER_LOGOUT_PATH = '/oauth/backchannel-logout';

/** Where this provider says that somebody has signed out there (OpenID Connect Back-Channel Logout 1.0, section 2.2). */
export const providerLogoutUrl = (issuer: string, provider: string): string =>
  `${issuer}${PROVIDER_LOGOUT_PATH}/${provider}`;
