/** Facts that every challenge of this resource names. */
export interface ChallengeFacts {
  readonly metadataUrl: string;
  readonly scopes: readonly string[];
}

export type ChallengeReason =
  /** RFC 6750, section 3.1: without a token there is no error code. */
  'no_token' | 'invalid_token' | 'insufficient_scope';

/** The value of `WWW-Authenticate` (RFC 6750, section 3; RFC 9728, section 5.1). */
export function challenge(facts: ChallengeFacts, reason: ChallengeReason): string {
  const parameters = [`resource_metadata="${facts.metadataUrl}"`];
  if (facts.scopes.length > 0) parameters.push(`scope="${facts.scopes.join(' ')}"`);
  if (reason !== 'no_token') parameters.unshift(`error="${reason}"`);
  return `Bearer ${parameters.join(', ')}`;
}
