import type { Xaa } from '@gatehouse/config/model/xaa';
import type { Secret } from '@gatehouse/kernel/secret';
import { TOKEN_TYPES } from '@gatehouse/kernel/token-types';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import type { ExchangeResponse, Unissued } from './exchange-outcome.js';

/** An assertion of the identity provider about the person, for the backend's authorization server. */
export interface Asserted {
  readonly kind: 'asserted';
  readonly assertion: string;
}

type Expected = Pick<Xaa<Secret>, 'target' | 'targetAudience' | 'targetResource'>;

const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const claims = z.looseObject({
  aud: oneOrMore,
  resource: oneOrMore.optional(),
  client_id: z.string().optional(),
});

/**
 * The answer of draft-ietf-oauth-identity-assertion-authz-grant section 4.3.3. What does not fit is shown to nobody: an assertion
 * that another server takes as well would let this one sign in there as the person.
 */
export function assertionIn(response: ExchangeResponse, expected: Expected): Asserted | Unissued {
  if (response.issued_token_type !== TOKEN_TYPES.id_jag) return unfit('issued_token_type is not id-jag');
  if (response.token_type.toLowerCase() !== 'n_a') return unfit('token_type is not N_A');
  const read = readAssertion(response.access_token);
  if (read === undefined) return unfit('the assertion is not a JWT');
  const { typ, aud, resource = [], client_id: clientId } = read;
  if (typ !== 'oauth-id-jag+jwt') return unfit('typ is not oauth-id-jag+jwt');
  if (aud.length !== 1 || aud[0] !== expected.targetAudience)
    return unfit('aud of the assertion is not targetAudience alone');
  if (expected.targetResource !== undefined && !resource.includes(expected.targetResource))
    return unfit('resource of the assertion lacks targetResource');
  if (clientId !== undefined && clientId !== expected.target.clientId)
    return unfit('client_id of the assertion is not targetClientId');
  return { kind: 'asserted', assertion: response.access_token };
}

const unfit = (reason: string): Unissued => ({ kind: 'refused', about: 'settings', reason });

/** Its signature is for the server that it is shown to; it came from the identity provider itself. */
function readAssertion(
  assertion: string,
): (z.output<typeof claims> & { readonly typ: string | undefined }) | undefined {
  try {
    const { typ } = decodeProtectedHeader(assertion);
    // A media type may have its full name (RFC 7515 section 4.1.9).
    return {
      ...claims.parse(decodeJwt(assertion)),
      typ: typ?.toLowerCase().replace(/^application\//, ''),
    };
  } catch {
    return undefined;
  }
}
