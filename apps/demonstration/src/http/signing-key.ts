import { calculateJwkThumbprint, exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose';

/** The one algorithm that the issuers of this world sign with. */
export const SIGNING_ALGORITHM = 'ES256';

/** A key pair made at start; it lives as long as the process. */
export interface SigningKey {
  readonly privateKey: CryptoKey;
  readonly privateJwk: JWK;
  readonly publicJwk: JWK;
  readonly kid: string;
}

export async function makeSigningKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true });
  const publicJwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  const facts = { kid, alg: SIGNING_ALGORITHM, use: 'sig' };
  return {
    privateKey,
    kid,
    publicJwk: { ...publicJwk, ...facts },
    privateJwk: { ...(await exportJWK(privateKey)), ...facts },
  };
}
