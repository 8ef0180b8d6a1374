import { errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions } from 'jose';

/**
 * `jwtVerify` of a token that may not say which key signed it (RFC 7515, section 4.1.4: `kid` is optional). An issuer that rotates
 * publishes two keys of one algorithm for a while: each is tried, where the library refuses to choose.
 * @throws what `jwtVerify` throws
 */
export async function verifyWithAny(
  token: string,
  keys: JWTVerifyGetKey,
  options: JWTVerifyOptions,
): Promise<{ readonly payload: JWTPayload }> {
  try {
    return await jwtVerify(token, keys, options);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error)
      try {
        return await jwtVerify(token, key, options);
      } catch (refused) {
        if (!(refused instanceof errors.JWSSignatureVerificationFailed)) throw refused;
      }
    throw new errors.JWSSignatureVerificationFailed();
  }
}
