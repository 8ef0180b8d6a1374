import { createHash, timingSafeEqual } from 'node:crypto';

/** SHA-256 of a UTF-8 string, base64url. Used in place of a token wherever the token itself must not appear. */
export const sha256 = (value: string): string => createHash('sha256').update(value).digest('base64url');

/** Compares two strings in time that depends on their lengths only. */
export function equalsInConstantTime(left: string, right: string): boolean {
  const a = Buffer.from(left);
  const b = Buffer.from(right);
  return a.length === b.length && timingSafeEqual(a, b);
}
