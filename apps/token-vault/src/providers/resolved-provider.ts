import type { ResolvedProvider } from '../backend-oauth/resolved-provider.js';
import { identifiesByIdToken } from './id-token.js';
import type { Provider } from './provider-registry.js';

/** A provider of type `mcp` whose authorization server was found. */
export const isResolved = (provider: Provider): provider is ResolvedProvider => 'server' in provider;

/** RFC 8707 section 2: with the authorization request, and with each token request. */
export const resourceOf = (provider: Provider): Record<string, string> =>
  isResolved(provider) ? { resource: provider.issuedTo.resource } : {};

/** Whether there is something to check an id_token against, and a reason that one comes. */
export const verifiesIdToken = (provider: Provider): boolean =>
  isResolved(provider)
    ? provider.server.jwks_uri !== undefined && provider.issuedTo.scopes.includes('openid')
    : identifiesByIdToken(provider);

/** By which keys are remembered: a backend may change its authorization server. */
export const keySetOf = (provider: Provider): string =>
  isResolved(provider) ? `${provider.name} ${provider.issuedTo.issuer}` : provider.name;
