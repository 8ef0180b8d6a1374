import { createHmac, hkdfSync } from 'node:crypto';
import { canonicalEntry, type CustodyEntry } from './custody-entry.js';

/**
 * The keys of the log, derived from a key-encryption key. Write access to the table is not enough to make valid
 * entries.
 */
export class CustodyKey {
  readonly #chain: Buffer;
  readonly #fingerprint: Buffer;
  readonly #archive: Buffer;

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
    this.#archive = derive('archive');
  }

  /** With a token its releases can be found. The log alone tells nothing about a token. */
  fingerprint(token: string): string {
    return createHmac('sha256', this.#fingerprint).update(token).digest('base64url');
  }

  hash(entry: Omit<CustodyEntry, 'hash'>): string {
    return createHmac('sha256', this.#chain).update(canonicalEntry(entry)).digest('base64url');
  }

  /** The MAC of an archive's manifest. */
  macOf(manifest: string): string {
    return createHmac('sha256', this.#archive).update(manifest).digest('base64url');
  }
}

/** One per key-encryption key: the first writes, all verify. */
export class CustodyKeyring {
  readonly current: CustodyKey;
  readonly #byId: ReadonlyMap<string, CustodyKey>;

  /** @param keys the key-encryption keys as base64url. */
  constructor(keys: readonly { readonly id: string; readonly key: { reveal(): string } }[]) {
    const derived = keys.map(({ id, key }) => new CustodyKey(id, key.reveal()));
    const [first] = derived;
    if (first === undefined) throw new Error('at least one key-encryption key is needed');
    this.current = first;
    this.#byId = new Map(derived.map((key) => [key.id, key]));
  }

  find(id: string): CustodyKey | undefined {
    return this.#byId.get(id);
  }
}
