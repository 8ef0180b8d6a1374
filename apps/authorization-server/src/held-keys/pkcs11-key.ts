import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Pkcs11PublicKey } from './pkcs11-messages.js';

/** The OID of P-256, as CKA_EC_PARAMS has it (RFC 5480, section 2.1.1.1). */
const P_256 = '06082a8648ce3d030107';
const UNCOMPRESSED = 0x04;
const POINT_BYTES = 65;
/** CKA_EC_POINT is an OCTET STRING of DER; some tokens leave its head out. */
const OCTET_STRING = Buffer.from([0x04, POINT_BYTES]);

const encoded = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** @throws when it is of a kind that signs no tokens. */
export function keyOf(said: Pkcs11PublicKey): KeyObject {
  if (said.type === 'RSA')
    return createPublicKey({
      key: { kty: 'RSA', n: encoded(unsigned(said.modulus)), e: encoded(unsigned(said.exponent)) },
      format: 'jwk',
    });
  if (Buffer.from(said.parameters).toString('hex') !== P_256) throw new Error('it is not on the curve P-256');
  const written = Buffer.from(said.point);
  const point =
    written.subarray(0, 2).equals(OCTET_STRING) && written.length === POINT_BYTES + 2
      ? written.subarray(2)
      : written;
  if (point.length !== POINT_BYTES || point[0] !== UNCOMPRESSED)
    throw new Error('its point is of another form');
  return createPublicKey({
    key: { kty: 'EC', crv: 'P-256', x: encoded(point.subarray(1, 33)), y: encoded(point.subarray(33)) },
    format: 'jwk',
  });
}

/** A number without leading zeros. */
function unsigned(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  return bytes.subarray(Math.max(first, 0));
}
