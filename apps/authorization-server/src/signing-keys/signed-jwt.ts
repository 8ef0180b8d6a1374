import type { JWTPayload } from 'jose';
import type { SigningKey } from './signing-key.js';

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

/** A JWT in compact form (RFC 7515, section 3.1), signed by whoever holds the key. */
export async function signedJwt(
  { kid, alg, sign }: SigningKey,
  typ: string,
  payload: JWTPayload,
): Promise<string> {
  const data = `${encoded({ alg, kid, typ })}.${encoded(payload)}`;
  return `${data}.${Buffer.from(await sign(Buffer.from(data))).toString('base64url')}`;
}
