import { createHash } from 'node:crypto';
import type { AccountId } from '@gatehouse/kernel/ids';

const VERSION_BYTE = 6;
const VARIANT_BYTE = 8;

/**
 * Names a person of an external issuer as an account is named: a UUID made of issuer and subject (RFC 9562, section 5.8: version 8).
 * Accounts of this gateway are random (version 4), so it is none of theirs.
 */
export function externalAccount(issuer: string, subject: string): AccountId {
  const bytes = createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest()
    .subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(VERSION_BYTE) & 0x0f) | 0x80, VERSION_BYTE);
  bytes.writeUInt8((bytes.readUInt8(VARIANT_BYTE) & 0x3f) | 0x80, VARIANT_BYTE);
  const hex = bytes.toString('hex');
  return [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ]
    .map(([from, to]) => hex.slice(from, to))
    .join('-') as AccountId;
}
