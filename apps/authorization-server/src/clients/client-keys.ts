import { createPublicKey, X509Certificate } from 'node:crypto';
import { CLIENT_SIGNING_ALGORITHMS } from '@gatehouse/config/model/client-keys';
import type { JWK } from 'jose';

/** More than a client has that changes its keys. */
const MAX_KEYS = 20;
/** Of RSA with 4096 bits, as base64url. Verifying with a longer one takes this server longer than signing takes its sender. */
const MAX_MODULUS_CHARACTERS = 684;
const MIN_MODULUS_CHARACTERS = 342;
/** 65537 has four. A longer one is as good, and costs as much as a long modulus. */
const MAX_EXPONENT_CHARACTERS = 6;
const MAX_ID_CHARACTERS = 256;
const MAX_CERTIFICATE_CHARACTERS = 8_192;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const CURVES = ['P-256', 'P-384', 'Ed25519'];
const MEMBERS = ['kty', 'kid', 'alg', 'use', 'key_ops', 'crv', 'x', 'y', 'n', 'e'] as const;
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

/**
 * @param areCertificates each key is that of a certificate, which stands beside it (RFC 8705, section 2.2.2)
 * @returns what is wrong with the keys that a client brings, in a sentence for its developer.
 */
export function keySetProblem(jwks: unknown, areCertificates = false): string | undefined {
  const keys = keysIn(jwks);
  if (keys === undefined || keys.length === 0) return 'jwks must be a JWK Set with at least one key';
  if (keys.length > MAX_KEYS) return `jwks must not have more than ${MAX_KEYS} keys`;
  if (keys.some(isPrivate)) return 'jwks must contain public keys only';
  if (!keys.every(isUsable))
    return `each key in jwks must be EC (P-256, P-384), Ed25519, or RSA of 2048 to 4096 bits, for one of ${CLIENT_SIGNING_ALGORITHMS.join(', ')}`;
  return areCertificates && !keys.every(hasItsCertificate)
    ? 'each key in jwks must have its certificate as x5c'
    : undefined;
}

/** A published set may hold keys for other uses. Those that can verify a signature here are left. */
export function usableKeySet(jwks: unknown): { readonly keys: readonly JWK[] } {
  const keys = keysIn(jwks);
  if (keys === undefined) throw new Error('the document is no JWK Set');
  return {
    keys: keys
      .filter((key) => !isPrivate(key) && isUsable(key))
      .slice(0, MAX_KEYS)
      .map(known),
  };
}

type Written = Readonly<Record<string, unknown>>;

function keysIn(jwks: unknown): readonly Written[] | undefined {
  if (typeof jwks !== 'object' || jwks === null) return undefined;
  const keys: unknown = Reflect.get(jwks, 'keys');
  return Array.isArray(keys) && keys.every(isRecord) ? keys : undefined;
}

const isRecord = (value: unknown): value is Written =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isPrivate = (key: Written): boolean => PRIVATE.some((member) => member in key);

function isUsable(key: Written): boolean {
  const { kty, alg, use, kid, crv, n, e } = key;
  if (alg !== undefined && !CLIENT_SIGNING_ALGORITHMS.some((known) => known === alg)) return false;
  if (use !== undefined && use !== 'sig') return false;
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > MAX_ID_CHARACTERS)) return false;
  switch (kty) {
    case 'RSA':
      return (
        isBetween(n, MIN_MODULUS_CHARACTERS, MAX_MODULUS_CHARACTERS) &&
        isBetween(e, 2, MAX_EXPONENT_CHARACTERS)
      );
    case 'EC':
      return typeof crv === 'string' && crv !== 'Ed25519' && CURVES.includes(crv);
    case 'OKP':
      return crv === 'Ed25519';
    default:
      return false;
  }
}

const isBetween = (value: unknown, min: number, max: number): boolean =>
  typeof value === 'string' && value.length >= min && value.length <= max;

/** Whatever else stands in a key is not kept, and of certificates the key's own alone. */
function known(key: Written): JWK {
  const certificate = certificateOf(key);
  return {
    ...Object.fromEntries(
      MEMBERS.flatMap((member) => (key[member] === undefined ? [] : [[member, key[member]]])),
    ),
    ...(certificate === undefined ? {} : { x5c: [certificate] }),
  };
}

/** RFC 7517, section 4.7: the first is that of the key. */
function certificateOf({ x5c }: Written): string | undefined {
  const first: unknown = Array.isArray(x5c) ? x5c[0] : undefined;
  return typeof first === 'string' && first.length <= MAX_CERTIFICATE_CHARACTERS && BASE64.test(first)
    ? first
    : undefined;
}

function hasItsCertificate(key: Written): boolean {
  try {
    const { publicKey } = new X509Certificate(Buffer.from(certificateOf(key) ?? '', 'base64'));
    return publicKey.equals(createPublicKey({ key: { ...known(key) }, format: 'jwk' }));
  } catch {
    return false;
  }
}
