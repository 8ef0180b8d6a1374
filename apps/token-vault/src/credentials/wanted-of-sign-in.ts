import type { BackendChallenge } from '@gatehouse/contracts/token-vault/backend-challenge';
import { isMcp } from '../backend-oauth/mcp-provider.js';
import type { WantedOfSignIn } from '../providers/wished-sign-in.js';
import { claimsChallenge } from '../providers/claims-challenge.js';
import { identifiesByIdToken } from '../providers/id-token.js';
import type { Provider } from '../providers/provider-registry.js';

/** RFC 9470, section 3: names with blanks between them, which go into a URL. */
const ACR_VALUES = /^[!-~]+(?: [!-~]+)*$/;

/**
 * What a backend wants its person's sign-in at this provider to show.
 * @returns `undefined`: nothing of it is understood, or the provider does not know such requests
 */
export function wantedOfSignIn(
  provider: Provider | undefined,
  { claims, acrValues, maxAgeSeconds }: BackendChallenge,
): WantedOfSignIn | undefined {
  if (provider === undefined || !(identifiesByIdToken(provider) || isMcp(provider))) return undefined;
  const ofToken = claims === undefined ? undefined : claimsOfToken(claims);
  const wanted = {
    ...(ofToken === undefined ? {} : { claims: ofToken }),
    ...(acrValues !== undefined && ACR_VALUES.test(acrValues) ? { acrValues } : {}),
    ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
  };
  return Object.keys(wanted).length === 0 ? undefined : wanted;
}

/**
 * Entra writes them as JSON in base64, others as JSON. What the access token has to say is the backend's business: it is shown that one.
 * What is said of the person elsewhere (`id_token`, `userinfo`) is none of it.
 */
function claimsOfToken(text: string): string | undefined {
  const json = text.trimStart().startsWith('{') ? text : Buffer.from(text, 'base64').toString();
  const understood = claimsChallenge(json);
  if (understood === undefined) return undefined;
  const { access_token: ofToken } = JSON.parse(understood) as { readonly access_token?: unknown };
  const isAsked =
    typeof ofToken === 'object' &&
    ofToken !== null &&
    !Array.isArray(ofToken) &&
    Object.keys(ofToken).length > 0;
  return isAsked ? JSON.stringify({ access_token: ofToken }) : undefined;
}
