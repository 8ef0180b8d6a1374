import type { KeyObject } from 'node:crypto';

/** What keys that are held elsewhere sign with: P-256 and RSA are what every holder has. */
export type HeldAlgorithm = 'ES256' | 'RS256';

/** A key that somebody else holds. Each call may fail, and then works again later. */
export interface KeyOfHolder {
  /** As it is configured; printable. */
  readonly name: string;
  readonly publicKey: () => Promise<KeyObject>;
  /**
   * @param digest SHA-256 of what is signed: nobody else has to see it
   * @returns the signature as JWS has it (RFC 7518, section 3)
   */
  readonly sign: (alg: HeldAlgorithm, digest: Buffer) => Promise<Buffer>;
}
