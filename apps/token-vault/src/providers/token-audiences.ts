import { decodeJwt } from 'jose';

const MAX_AUDIENCES = 8;
/** A name or a URL. Anything else cannot be told to people, and perhaps not be stored. */
const AUDIENCE = /^[\x21-\x7e]{1,256}$/;

/**
 * For whom an access token says that it is (RFC 9068 section 2.2). It is not proven, and decides nothing: operators are told.
 * @returns empty where the token is no JWT, or names nobody.
 */
export function audiencesIn(accessToken: string): readonly string[] {
  try {
    const { aud } = decodeJwt(accessToken);
    const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
    return named
      .filter((one): one is string => typeof one === 'string' && AUDIENCE.test(one))
      .slice(0, MAX_AUDIENCES);
  } catch {
    return [];
  }
}
