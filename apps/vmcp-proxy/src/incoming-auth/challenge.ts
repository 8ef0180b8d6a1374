import { PROOF_ALGORITHMS } from '@gatehouse/access-tokens/dpop-proof';

/** What every challenge of this resource names. */
export interface ChallengeFacts {
  readonly metadataUrl: string;
  readonly scopes: readonly string[];
}

export type ChallengeReason =
  /** RFC 6750, section 3.1: without a token there is no error code. */
  | 'no_token'
  | 'invalid_request'
  | 'invalid_token'
  /** RFC 8705, section 3: for clients it is `invalid_token`. */
  | 'other_certificate'
  | 'insufficient_scope'
  /** RFC 9449, sections 7.1 and 9. */
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce';

/** How a token is presented, and so how a challenge is made. */
export type ChallengeScheme = 'Bearer' | 'DPoP';

/** RFC 6750, section 3.1. */
export type ChallengeStatus = 400 | 401 | 403;

/** The value of `WWW-Authenticate` (RFC 6750, section 3; RFC 9728, section 5.1; RFC 9449, section 7.1). */
export function challenge(
  facts: ChallengeFacts,
  reason: ChallengeReason,
  scheme: ChallengeScheme = 'Bearer',
): string {
  const parameters = [`resource_metadata="${facts.metadataUrl}"`];
  if (facts.scopes.length > 0) parameters.push(`scope="${facts.scopes.join(' ')}"`);
  if (reason !== 'no_token')
    parameters.unshift(
      `error="${errorOf(reason)}"`,
      `error_description="${descriptionOf(reason, facts, scheme)}"`,
    );
  if (scheme === 'DPoP') parameters.push(`algs="${PROOF_ALGORITHMS.join(' ')}"`);
  return `${scheme} ${parameters.join(', ')}`;
}

const errorOf = (reason: ChallengeReason): string =>
  reason === 'other_certificate' ? 'invalid_token' : reason;

/** What somebody is told who has shown this token. */
export const schemeOf = ({ boundTo }: { readonly boundTo?: string }): ChallengeScheme =>
  boundTo === undefined ? 'Bearer' : 'DPoP';

/** Clients bound the size of headers. */
const MAX_TOLD_TWICE = 256;

/** For the developer who reads it; the scopes of the configuration are all that it names (RFC 6750, section 3). */
function descriptionOf(
  reason: Exclude<ChallengeReason, 'no_token'>,
  { scopes }: ChallengeFacts,
  scheme: ChallengeScheme,
): string {
  switch (reason) {
    case 'invalid_request':
      return `The Authorization header must be: ${scheme}, one space, one access token`;
    case 'invalid_token':
      return scheme === 'Bearer'
        ? 'The access token is expired, revoked, or not for this resource'
        : 'The access token is expired, revoked, not for this resource, or not bound to a key whose proof came with it';
    case 'other_certificate':
      return 'The access token is bound to a client certificate that did not come with this request';
    case 'invalid_dpop_proof':
      return 'The DPoP proof is missing, not for this request, token and key, older than a minute, or was used before';
    case 'use_dpop_nonce':
      return 'The DPoP proof needs the nonce of the DPoP-Nonce header';
    case 'insufficient_scope':
      return scopes.join(' ').length > MAX_TOLD_TWICE
        ? 'The access token needs all of the scopes that are named here'
        : `The access token needs the scopes: ${scopes.join(' ')}`;
  }
}

/** `offline_access` is between a client and the authorization server; a resource does not ask for it. */
export const basicScopes = (scopes: readonly string[]): readonly string[] =>
  scopes.filter((scope) => scope !== 'offline_access');
