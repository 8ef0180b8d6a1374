import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  sign,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import type { SigningAlgorithm } from '@gatehouse/config/model/client-registration';
import { Secret } from '@gatehouse/kernel/secret';
import { calculateJwkThumbprint, type JWK } from 'jose';

/** What everybody may know of a key. */
export interface PublicKey {
  /** RFC 7638 thumbprint: the same key has the same id on every replica. */
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly jwk: JWK & { readonly kid: string; readonly kty: string; readonly alg: string };
}

/** A key that can be asked for signatures. Where its private part is, nobody who asks can tell. */
export interface SigningKey extends PublicKey {
  /** @returns the signature as JWS has it (RFC 7518, section 3). */
  readonly sign: (data: Uint8Array) => Promise<Uint8Array>;
  /** Of a key that is held elsewhere. */
  readonly held?: HeldState;
}

/** Whether whoever holds a key signs with it. */
export interface HeldState {
  /** As the key is configured. */
  readonly name: string;
  /**
   * Asks only where the last signature failed.
   * @throws {GatehouseError} `unavailable` while it does not sign.
   */
  readonly ready: () => Promise<void>;
  /** The same, and asks also where nothing was signed for a while. */
  readonly check: () => Promise<void>;
}

const MIN_RSA_BITS = 2_048;
const CURVE_ALGORITHMS: Readonly<Record<string, SigningAlgorithm>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};
const HASHES: Readonly<Record<SigningAlgorithm, string | null>> = {
  RS256: 'sha256',
  ES256: 'sha256',
  ES384: 'sha384',
  ES512: 'sha512',
  // It has its own (RFC 8032).
  EdDSA: null,
};

const generate = promisify(generateKeyPair);
const signed = promisify<string | null, Uint8Array, { key: KeyObject; dsaEncoding: 'ieee-p1363' }, Buffer>(
  sign,
);

const pemOf = ({ privateKey }: { readonly privateKey: KeyObject }): Secret =>
  new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());

/** What the server makes by itself: the algorithm, its name in the keyring of earlier releases, and how a key is made. */
interface OwnAlgorithm {
  readonly alg: SigningAlgorithm;
  readonly earlierName: string;
  readonly make: () => Promise<Secret>;
}

/**
 * What is made where no key is configured. A key of the first signs access tokens: it is small and quick. OpenID Connect Discovery,
 * section 3, wants RS256 as well, and there are clients that know nothing else.
 */
export const OWN_ALGORITHMS: readonly OwnAlgorithm[] = [
  {
    alg: 'ES256',
    earlierName: 'signing',
    make: async () => pemOf(await generate('ec', { namedCurve: 'P-256' })),
  },
  {
    alg: 'RS256',
    earlierName: 'signing RS256',
    make: async () => pemOf(await generate('rsa', { modulusLength: MIN_RSA_BITS })),
  },
];

/**
 * Reads a PEM private key: PKCS #8, PKCS #1 (RSA) or SEC 1 (EC).
 * @param place what an error calls it
 * @throws when it is unusable, without quoting it.
 */
export async function readSigningKey(pem: Secret, place: string): Promise<SigningKey> {
  const key = parse(pem, place);
  const alg = algorithmOf(key, place);
  const own = createPublicKey(key).export({ format: 'jwk' });
  return {
    ...(await readPublicKey(own, alg)),
    sign: async (data) => await signed(HASHES[alg], data, { key, dsaEncoding: 'ieee-p1363' }),
  };
}

/** @param members of a public key alone */
export async function readPublicKey(members: JsonWebKey, alg: SigningAlgorithm): Promise<PublicKey> {
  // Node makes no key without it.
  const key = members as JWK & { readonly kty: string };
  const kid = await calculateJwkThumbprint(key);
  return { kid, alg, jwk: { ...key, kid, alg, use: 'sig' } };
}

function parse(pem: Secret, place: string): KeyObject {
  try {
    return createPrivateKey(pem.reveal());
  } catch {
    throw new Error(`${place} is not a PEM private key`);
  }
}

export function algorithmOf(key: KeyObject, place: string): SigningAlgorithm {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ed25519') return 'EdDSA';
  if (type === 'rsa' && (details?.modulusLength ?? 0) >= MIN_RSA_BITS) return 'RS256';
  const ofCurve = type === 'ec' ? CURVE_ALGORITHMS[details?.namedCurve ?? ''] : undefined;
  if (ofCurve !== undefined) return ofCurve;
  throw new Error(
    `${place} must be EC (P-256, P-384, P-521), Ed25519, or RSA of at least ${MIN_RSA_BITS} bits`,
  );
}
