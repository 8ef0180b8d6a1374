import { createHmac } from 'node:crypto';
import type { Secret } from '@gatehouse/kernel/secret';

/** Consonants, so that no code is a word, and none looks like a digit (RFC 8628, section 6.1). 20 ** 8 codes: 34 bits. */
const CODE = /^[BCDFGHJKLMNPQRSTVWXZ]{8}$/;
const HALF = 4;

/** @returns a code as it is compared; `undefined` for what cannot be one. People write blanks, dashes and small letters. */
export function readUserCode(written: string): string | undefined {
  const code = written.toUpperCase().replace(/[\s\p{Pd}._]/gu, '');
  return CODE.test(code) ? code : undefined;
}

/** As the device shows it. */
export const shownUserCode = (code: string): string => `${code.slice(0, HALF)}-${code.slice(HALF)}`;

/** Names codes where they are stored. There are so few of them that a hash without a key would tell each. */
export class UserCodeDigests {
  constructor(private readonly key: Secret) {}

  of(code: string): string {
    return createHmac('sha256', this.key.reveal()).update(`user code\0${code}`).digest('base64url');
  }
}

/** Injection token. */
export const USER_CODES = Symbol('digests of user codes');
