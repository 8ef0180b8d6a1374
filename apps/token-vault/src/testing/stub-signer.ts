import { randomToken } from '@gatehouse/kernel/ids';
import { exportJWK, generateKeyPair, SignJWT, type JWK, type JWTPayload } from 'jose';

/** A key pair of a stub provider. */
export interface StubSigner {
  /** The public half. */
  readonly jwk: JWK;
  /** @param named the `kid` of the header; default: its own. */
  readonly sign: (claims: JWTPayload, named?: string, typ?: string) => Promise<string>;
}

export async function newSigner(kid = randomToken(4)): Promise<StubSigner> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' },
    sign: async (claims, named = kid, typ) =>
      await idToken(claims)
        .setProtectedHeader({ alg: 'ES256', kid: named, ...(typ === undefined ? {} : { typ }) })
        .sign(privateKey),
  };
}

/** Signed with a client secret. */
export const idTokenOfSecret = async (claims: JWTPayload, secret: string): Promise<string> =>
  await idToken(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));

function idToken(claims: JWTPayload): SignJWT {
  const issuedAt = Math.floor(Date.now() / 1_000);
  return new SignJWT({ aud: 'gatehouse', iat: issuedAt, exp: issuedAt + 300, ...claims });
}
