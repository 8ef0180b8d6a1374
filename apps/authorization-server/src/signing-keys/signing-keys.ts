import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { SigningAlgorithm } from '@gatehouse/config/model/client-registration';
import { Secret } from '@gatehouse/kernel/secret';
import { calculateJwkThumbprint, type JWK } from 'jose';

export interface SigningKey {
  /** RFC 7638 thumbprint: the same key has the same id on every replica. */
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly privateJwk: Secret;
  readonly publicJwk: JWK & { readonly kid: string; readonly kty: string; readonly alg: string };
}

/**
 * The first key signs access tokens, and identity tokens of clients that want no other algorithm. All are published: tokens of a
 * retired key still verify, and a client may have its identity tokens signed by a key of each algorithm.
 */
export class SigningKeys {
  constructor(private readonly keys: readonly [SigningKey, ...SigningKey[]]) {}

  get signing(): SigningKey {
    return this.keys[0];
  }

  get all(): readonly SigningKey[] {
    return this.keys;
  }

  /** In the order of the keys. */
  get algorithms(): readonly SigningAlgorithm[] {
    return [...new Set(this.keys.map(({ alg }) => alg))];
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

const generate = promisify(generateKeyPair);
const pemOf = ({ privateKey }: { readonly privateKey: KeyObject }): Secret =>
  new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());

/**
 * What is made where no key is configured, by its name in the keyring. The first signs access tokens: it is small and quick. OpenID
 * Connect Discovery, section 3, wants RS256 as well, and there are clients that know nothing else.
 */
export const OWN_KEYS: readonly (readonly [name: string, make: () => Promise<Secret>])[] = [
  ['signing', async () => pemOf(await generate('ec', { namedCurve: 'P-256' }))],
  ['signing RS256', async () => pemOf(await generate('rsa', { modulusLength: MIN_RSA_BITS }))],
];

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
