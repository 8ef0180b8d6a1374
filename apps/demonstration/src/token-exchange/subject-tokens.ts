import { decodeJwt, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { KeysUnavailable } from '../http/issuer-keys.js';
import { OAuthProblem } from './oauth-problem.js';

/** An issuer whose tokens may be exchanged. */
export interface TrustedIssuer {
  readonly issuer: string;
  /** Left out: the issuer's tokens are taken whatever service they are for. */
  readonly audience?: string;
  readonly keys: JWTVerifyGetKey;
  /** Says that a well-formed token was ended before its time. */
  readonly isEnded?: (token: string) => boolean;
}

const ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519', 'RS256', 'PS256'];

/** Verifies a subject token against the issuer that it names, if that one is trusted; throws {@link OAuthProblem}. */
export async function verifySubjectToken(
  token: string,
  trusted: readonly TrustedIssuer[],
): Promise<JWTPayload & { sub: string }> {
  const named = issuerNamedBy(token);
  const issuer = trusted.find((candidate) => candidate.issuer === named);
  if (issuer === undefined || issuer.isEnded?.(token) === true)
    throw new OAuthProblem('invalid_grant', 'the subject token is not one that can be exchanged');
  try {
    const { payload } = await jwtVerify(token, issuer.keys, {
      issuer: issuer.issuer,
      typ: 'at+jwt', // RFC 9068, section 4: an ID token of the same issuer is no access token
      algorithms: ALGORITHMS,
      requiredClaims: ['sub', 'exp'],
      ...(issuer.audience === undefined ? {} : { audience: issuer.audience }),
    });
    return { ...payload, sub: payload.sub ?? '' };
  } catch (error) {
    if (error instanceof KeysUnavailable) throw new OAuthProblem('temporarily_unavailable', error.message);
    throw new OAuthProblem('invalid_grant', 'the subject token is not valid');
  }
}

function issuerNamedBy(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}
