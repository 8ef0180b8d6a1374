import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Secret } from '@gatehouse/kernel/secret';
import { calculateJwkThumbprint, type JWK } from 'jose';

type SigningAlgorithm = 'ES256' | 'ES384' | 'ES512' | 'EdDSA' | 'RS256';

export interface SigningKey {
  /** RFC 7638 thumbprint: the same key has the same id on every replica. */
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly privateJwk: Secret;
  readonly publicJwk: JWK & { readonly kid: string; readonly kty: string; readonly alg: string };
}

/** The first key signs. All are published, so that tokens of a retired key still verify. */
export class SigningKeys {
  constructor(private readonly keys: readonly [SigningKey, ...SigningKey[]]) {}

  get signing(): SigningKey {
    return this.keys[0];
  }

  get all(): readonly SigningKey[] {
    return this.keys;
  }

  get publicJwks(): readonly SigningKey['publicJwk'][] {
    return this.keys.map(({ publicJwk }) => publicJwk);
  }
}

const MIN_RSA_BITS = 2_048;
const CURVE_ALGORITHMS: Readonly<Record<string, SigningAlgorithm>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};

export const newSigningKeyPem = (): Secret =>
  new Secret(
    generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString(),
  );

/** Reads a PEM private key: PKCS #8, PKCS #1 (RSA) or SEC 1 (EC). @throws when it is unusable, without quoting it. */
export async function readSigningKey(pem: Secret, position: number): Promise<SigningKey> {
  const key = parse(pem, position);
  const alg = algorithmOf(key, position);
  const publicKey = createPublicKey(key).export({ format: 'jwk' }) as JWK & { readonly kty: string };
  const kid = await calculateJwkThumbprint(publicKey);
  const facts = { kid, alg, use: 'sig' };
  return {
    kid,
    alg,
    privateJwk: new Secret(JSON.stringify({ ...key.export({ format: 'jwk' }), ...facts })),
    publicJwk: { ...publicKey, ...facts },
  };
}

function parse(pem: Secret, position: number): KeyObject {
  try {
    return createPrivateKey(pem.reveal());
  } catch {
    throw new Error(`authServer.signingKeys[${position}] is not a PEM private key`);
  }
}

function algorithmOf(key: KeyObject, position: number): SigningAlgorithm {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ed25519') return 'EdDSA';
  if (type === 'rsa' && (details?.modulusLength ?? 0) >= MIN_RSA_BITS) return 'RS256';
  const ofCurve = type === 'ec' ? CURVE_ALGORITHMS[details?.namedCurve ?? ''] : undefined;
  if (ofCurve !== undefined) return ofCurve;
  throw new Error(
    `authServer.signingKeys[${position}] must be EC (P-256, P-384, P-521), Ed25519, or RSA of at least ${MIN_RSA_BITS} bits`,
  );
}
