import { createHmac, hkdfSync } from 'node:crypto';

/** One release of one credential. */
export interface Release {
  readonly kind: 'inject' | 'exchange';
  readonly tsid: string;
  readonly accountId: string;
  readonly backend: string;
  readonly provider: string | undefined;
  readonly connectionId: string | undefined;
  readonly token: string;
}

/** A release as it stands in the log. */
export interface CustodyEntry {
  readonly replicaId: string;
  /** From 1, without gaps. */
  readonly sequence: number;
  readonly at: Date;
  readonly kind: string;
  readonly tsid: string;
  readonly accountId: string;
  readonly backend: string;
  readonly provider: string | null;
  readonly connectionId: string | null;
  readonly fingerprint: string;
  readonly keyId: string;
  readonly previousHash: string;
  readonly hash: string;
}

/** What the first entry of a chain follows. */
export const CHAIN_START = 'start';

/** The two keys of the log, derived from a key-encryption key: who can write the table cannot make entries. */
export class CustodyKey {
  readonly #chain: Buffer;
  readonly #fingerprint: Buffer;

  constructor(
    readonly id: string,
    keyEncryptionKey: string,
  ) {
    const derive = (purpose: string) =>
      Buffer.from(
        hkdfSync('sha256', Buffer.from(keyEncryptionKey, 'base64url'), '', `custody-log/${purpose}`, 32),
      );
    this.#chain = derive('chain');
    this.#fingerprint = derive('fingerprint');
  }

  /** Who holds a token can find its releases; who holds the log learns nothing of the token. */
  fingerprint(token: string): string {
    return createHmac('sha256', this.#fingerprint).update(token).digest('base64url');
  }

  hash(entry: Omit<CustodyEntry, 'hash'>): string {
    return createHmac('sha256', this.#chain).update(canonical(entry)).digest('base64url');
  }
}

/** A JSON array: unambiguous, and in one order. */
const canonical = (entry: Omit<CustodyEntry, 'hash'>): string =>
  JSON.stringify([
    entry.previousHash,
    entry.replicaId,
    entry.sequence,
    entry.at.getTime(),
    entry.kind,
    entry.tsid,
    entry.accountId,
    entry.backend,
    entry.provider,
    entry.connectionId,
    entry.fingerprint,
    entry.keyId,
  ]);
