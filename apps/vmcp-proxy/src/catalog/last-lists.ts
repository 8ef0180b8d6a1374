import type { BackendLists } from './definitions.js';
import type { Shelf } from './shelves.js';

/** The last lists of backends that treat all callers alike, by what clients declare. */
export class LastLists {
  readonly #kept = new Map<string, BackendLists>();

  of(shelf: Shelf, backend: string): BackendLists | undefined {
    return this.#kept.get(keyOf(shelf, backend));
  }

  keep(shelf: Shelf, backend: string, lists: BackendLists): void {
    this.#kept.set(keyOf(shelf, backend), lists);
  }

  /** There are other backends now. @param backends those that are as they were. */
  keepOnly(backends: ReadonlySet<string>): void {
    for (const key of [...this.#kept.keys()])
      if (![...backends].some((backend) => key.startsWith(`${backend}\n`))) this.#kept.delete(key);
  }
}

const keyOf = ({ declared }: Shelf, backend: string): string => `${backend}\n${declared.key}`;
