import type { Pkcs11Key } from '@gatehouse/config/model/held-keys';
import type { HeldAlgorithm } from './held-key.js';

/** The first message to the process that loads the library. The PIN comes this way, so that no list of processes has it. */
export interface Pkcs11Opening {
  readonly module: string;
  readonly pin: string;
}

export type Pkcs11Question =
  | { readonly id: number; readonly ask: 'publicKey'; readonly key: Pkcs11Key }
  | {
      readonly id: number;
      readonly ask: 'sign';
      readonly key: Pkcs11Key;
      readonly alg: HeldAlgorithm;
      readonly digest: Uint8Array;
    };

/** What a token says of a key. */
export type Pkcs11PublicKey =
  | { readonly type: 'RSA'; readonly modulus: Uint8Array; readonly exponent: Uint8Array }
  | { readonly type: 'EC'; readonly parameters: Uint8Array; readonly point: Uint8Array };

export type Pkcs11Answer =
  | { readonly id: number; readonly publicKey: Pkcs11PublicKey }
  | { readonly id: number; readonly signature: Uint8Array }
  /** `code`: of the library (CKR_…), where it is the library's. */
  | { readonly id: number; readonly failed: string; readonly code?: number };

/** Codes after which the PIN is not shown again: a token counts, and locks itself (PKCS #11, section 5.1). */
export const PIN_REFUSED: ReadonlySet<number> = new Set([0xa0, 0xa1, 0xa2, 0xa3, 0xa4]);
