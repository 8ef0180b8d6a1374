import { PROOF_ALGORITHMS } from '@gatehouse/access-tokens/dpop-proof';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { PresentedToken } from './presented-token.js';

type ChallengeScheme = 'Bearer' | 'DPoP';

/**
 * Whoever showed a token with `DPoP` is answered in that scheme (RFC 9449, sections 7.1 and 9): a client looks for its nonce there.
 * Anybody else is told of the scheme that the configuration wants.
 */
export const schemeFor = (
  shown: PresentedToken['kind'],
  { requestProtection: { dpop } }: Pick<AuthorizationServerPart, 'requestProtection'>,
): ChallengeScheme => (shown === 'dpop' || dpop.boundAccessTokens === 'required' ? 'DPoP' : 'Bearer');

/** A `WWW-Authenticate` header (RFC 6750, section 3; RFC 9449, section 7.1). */
export function tokenChallenge(
  scheme: ChallengeScheme,
  parameters: readonly (readonly [name: string, value: string])[],
): string {
  const algs = scheme === 'DPoP' ? [['algs', PROOF_ALGORITHMS.join(' ')] as const] : [];
  return `${scheme} ${[...parameters, ...algs].map(([name, value]) => `${name}="${value}"`).join(', ')}`;
}
