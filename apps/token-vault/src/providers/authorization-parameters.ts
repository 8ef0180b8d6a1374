import { z } from 'zod';
import { issuedTo } from '../backend-oauth/issued-to.js';
import { identifiesByIdToken } from './id-token.js';
import { resourceOf } from './resolved-provider.js';
import type { Provider } from './provider-registry.js';
import { wishedSignIn, type WantedOfSignIn } from './wished-sign-in.js';

/** What only the vault knows of a leg; sealed until the browser comes back. */
export const legSecrets = z.strictObject({
  nonce: z.string().min(1),
  codeVerifier: z.string().min(43),
  /** As it was sent: the token request repeats it (RFC 6749 section 4.1.3). Absent in legs of the release before. */
  redirectUri: z.url().optional(),
  /** Of a client that is not configured: the code goes back where it came from, as that client, and nowhere else. */
  issuedTo: issuedTo.optional(),
});
export type LegSecrets = z.output<typeof legSecrets>;

/** What a visit to the provider is for. */
export interface Visit {
  /** The person is to choose an account, or to sign in again. */
  readonly fresh: boolean;
  /** The client asked for just this (OIDC Core section 3.1.2.1). */
  readonly asked?: 'select_account' | undefined;
  /** How long ago the person may have signed in there, as the client wants it. */
  readonly maxAgeSeconds?: number | undefined;
  /** How they are to sign in there, as the client wants it (OIDC Core section 3.1.2.1). */
  readonly acrValues?: string | undefined;
  /** What an endpoint or a backend wants it to show, beside that. */
  readonly wanted?: WantedOfSignIn | undefined;
}

export interface AuthorizationRequest extends Visit {
  readonly state: string;
  readonly nonce: string;
  /** PKCE, S256. */
  readonly challenge: string;
  /** `prompt_values_supported` of the metadata (Initiating User Registration via OIDC, section 4.1); few providers have it. */
  readonly supportedPrompts?: readonly string[];
}

/** The parameters of the authorization request. Configured extras come first: they never replace one of the flow's own. */
export function authorizationParameters(
  provider: Provider,
  { state, nonce, challenge, ...visit }: AuthorizationRequest,
): Readonly<Record<string, string>> {
  return {
    ...provider.additionalAuthorizationParams,
    ...(identifiesByIdToken(provider) ? { nonce } : {}),
    ...authenticationOf(provider, visit),
    ...promptOf(provider, visit),
    response_type: 'code',
    client_id: provider.clientId,
    redirect_uri: provider.redirectUri,
    ...scopeOf(provider),
    ...resourceOf(provider),
    state,
    ...(provider.dialect.pkce === 'off' ? {} : { code_challenge: challenge, code_challenge_method: 'S256' }),
  };
}

/** How the person is to sign in: as it is configured, as their client wants it, where an id_token tells, and as a backend wants it. */
function authenticationOf(
  provider: Provider,
  { maxAgeSeconds, acrValues, wanted = {} }: Pick<Visit, 'maxAgeSeconds' | 'acrValues' | 'wanted'>,
): Readonly<Record<string, string>> {
  const ofClient = identifiesByIdToken(provider) ? { maxAgeSeconds, acrValues } : {};
  // What the client asked for is looked at when the person comes back: it comes first.
  return wishedSignIn(provider.additionalAuthorizationParams, [ofClient, wanted]);
}

function scopeOf({ scopes, dialect }: Provider): Readonly<Record<string, string>> {
  // RFC 6749 section 3.3: without one the provider decides, by what is registered.
  if (scopes.length === 0) return {};
  return { [dialect.scopeParameter]: scopes.join(dialect.scopeSeparator === 'comma' ? ',' : ' ') };
}

type PromptRequest = Pick<AuthorizationRequest, 'fresh' | 'asked' | 'supportedPrompts'>;

/**
 * Adds to the configured prompt how the person chooses an account, and takes nothing of it away: Google gives a refresh token
 * again only for its `consent`. OIDC Core section 11 asks for `consent` with offline_access as well.
 */
function promptOf(provider: Provider, request: PromptRequest): { readonly prompt?: string } {
  const { supportedPrompts: supported } = request;
  const configured = (provider.additionalAuthorizationParams['prompt'] ?? '').split(' ').filter(Boolean);
  const choice = request.fresh ? choiceOf(provider, request, configured) : undefined;
  // Nothing may stand beside `none` (OIDC Core section 3.1.2.1).
  if (configured.includes('none')) return {};
  if (choice === undefined) return configured.length === 0 ? promptAtBackend(provider) : {};
  const offline = provider.protocol.type !== 'oauth2' && provider.scopes.includes('offline_access');
  const renews = offline && configured.length === 0 && supported?.includes('consent') !== false;
  return { prompt: [...new Set([choice, ...(renews ? ['consent'] : []), ...configured])].join(' ') };
}

type Choice = 'login' | 'select_account';

/** The configuration decides; then what the client asked for; then, where nothing is configured, OpenID Connect's `login`. */
function choiceOf(
  { reconnectPrompt, protocol }: Provider,
  { asked, supportedPrompts: supported }: PromptRequest,
  configured: readonly string[],
): Choice | undefined {
  if (reconnectPrompt !== undefined) return reconnectPrompt === 'none' ? undefined : reconnectPrompt;
  const takes = (choice: Choice) => supported?.includes(choice) !== false;
  if (asked !== undefined && takes(asked)) return asked;
  if (protocol.type !== 'oidc' || configured.length > 0) return undefined;
  return (['login', 'select_account'] as const).find(takes);
}

/** OpenID Connect Core section 11. Servers that do not know it pass it over. */
const promptAtBackend = ({ protocol, scopes }: Provider): { readonly prompt?: string } =>
  protocol.type === 'mcp' && scopes.includes('offline_access') ? { prompt: 'consent' } : {};
