import { z } from 'zod';
import type { Provider } from './provider-registry.js';

/** What only the vault knows of a leg; sealed until the browser comes back. */
export const legSecrets = z.strictObject({
  nonce: z.string().min(1),
  codeVerifier: z.string().min(43),
  /** As it was sent: the token request repeats it (RFC 6749 section 4.1.3). Absent in legs of the release before. */
  redirectUri: z.url().optional(),
});
export type LegSecrets = z.output<typeof legSecrets>;

export interface AuthorizationRequest {
  readonly state: string;
  readonly nonce: string;
  /** PKCE, S256. */
  readonly challenge: string;
  readonly fresh: boolean;
}

/** The parameters of the authorization request. Configured extras come first: they never replace one of the flow's own. */
export function authorizationParameters(
  provider: Provider,
  { state, nonce, challenge, fresh }: AuthorizationRequest,
): Readonly<Record<string, string>> {
  return {
    ...provider.additionalAuthorizationParams,
    ...(provider.protocol.type === 'oidc' ? { nonce, ...promptOf(provider, fresh) } : {}),
    response_type: 'code',
    client_id: provider.clientId,
    redirect_uri: provider.redirectUri,
    scope: provider.scopes.join(' '),
    state,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  };
}

/**
 * OIDC Core section 3.1.2.1: `login` has the user sign in again, where another account can be chosen. Section 11 asks
 * for `consent` with offline_access, and providers give a refresh token again only then.
 */
function promptOf(provider: Provider, fresh: boolean): { readonly prompt?: string } {
  if (!fresh) return {};
  return { prompt: provider.scopes.includes('offline_access') ? 'login consent' : 'login' };
}
