import { sha256 } from '@gatehouse/kernel/digest';
import { MIB } from '@gatehouse/kernel/sizes';
import { LRUCache } from 'lru-cache';

/** Names in it are as long as persons, clients and backends make them. */
const MAX_BYTES = 16 * MIB;
/** A character takes two bytes at most, the key and its place the rest. */
const sizeOf = (text: string): number => 2 * text.length + 200;

/** Keys of what is counted, in the common buckets. Digests are made once. */
export class CountedKeys {
  readonly #keys: LRUCache<string, string>;

  constructor(maxBytes = MAX_BYTES) {
    this.#keys = new LRUCache({ maxSize: maxBytes, sizeCalculation: (_, text) => sizeOf(text) });
  }

  of(text: string): string {
    let key = this.#keys.get(text);
    if (key === undefined) {
      key = sha256(text);
      this.#keys.set(text, key);
    }
    return key;
  }

  /** What is kept. */
  get bytes(): number {
    return this.#keys.calculatedSize;
  }
}
