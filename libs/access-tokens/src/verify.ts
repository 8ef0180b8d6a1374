import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { errors, type JWTVerifyGetKey } from 'jose';
import { verifyWithAny } from './verify-with-any.js';
import { serviceAccountClaims, type AllowedServiceAccounts } from './service-account.js';
import { accessTokenClaims, type AccessTokenClaims } from './claims.js';

/** Asymmetric algorithms only: a public key must never be usable as an HMAC secret (RFC 8725, section 2.1). */
const ALGORITHMS = ['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];

export interface Expectation {
  readonly issuer: string;
  readonly audience: string;
  /** `at+jwt` for our own tokens (RFC 9068, section 4); external issuers may leave it out. */
  readonly typ?: string;
  readonly clockToleranceSeconds: number;
  /** Present: the tokens are those of service accounts, and no access tokens of RFC 9068. */
  readonly serviceAccounts?: AllowedServiceAccounts;
}

/**
 * Verifies an access token: signature, `typ`, issuer, audience, times, claim shapes.
 * @throws {GatehouseError} `token_invalid` when the token is at fault, `unavailable` when no key could be fetched.
 */
export async function verifyAccessToken(
  token: string,
  keys: JWTVerifyGetKey,
  expected: Expectation,
): Promise<AccessTokenClaims> {
  try {
    const { payload } = await verifyWithAny(token, keys, {
      algorithms: ALGORITHMS,
      issuer: expected.issuer,
      audience: expected.audience,
      clockTolerance: expected.clockToleranceSeconds,
      requiredClaims: ['exp', 'iat', 'sub'],
      ...(expected.typ === undefined ? {} : { typ: expected.typ }),
    });
    const { serviceAccounts } = expected;
    return accessTokenClaims.parse(
      serviceAccounts === undefined ? payload : serviceAccountClaims(payload, serviceAccounts),
    );
  } catch (error) {
    if (error instanceof GatehouseError) throw error;
    if (error instanceof errors.JWKSTimeout || isNetworkFailure(error)) {
      throw new GatehouseError('unavailable', 'the signing keys of the issuer cannot be fetched', {
        cause: error,
      });
    }
    throw new GatehouseError(
      'token_invalid',
      error instanceof Error ? error.message : 'the token does not verify',
    );
  }
}

const isNetworkFailure = (error: unknown): boolean =>
  error instanceof TypeError && error.message === 'fetch failed';
