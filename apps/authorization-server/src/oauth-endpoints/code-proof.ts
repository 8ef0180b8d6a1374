import { calculateJwkThumbprint, decodeProtectedHeader } from 'jose';
import { errors } from 'oidc-provider';

/**
 * A code that its client bound to a key (`dpop_jkt`, RFC 9449, section 10) is used with a proof of that key. The library uses the
 * code up before it compares, and then a client that erred once has to ask its person again.
 * @param proof has been verified by the library
 * @throws {errors.InvalidGrant}
 */
export async function checkCodeProof(proof: string | undefined, boundTo: unknown): Promise<void> {
  if (typeof boundTo !== 'string') return;
  if (proof === undefined || proof === '') throw new errors.InvalidGrant('missing DPoP proof JWT');
  const { jwk } = decodeProtectedHeader(proof);
  if (jwk === undefined || (await calculateJwkThumbprint(jwk)) !== boundTo)
    throw new errors.InvalidGrant('DPoP proof key thumbprint does not match dpop_jkt');
}
