/**
 * A map that forgets what was not asked for the longest when it has no room. `lru-cache` takes the memory for all entries when it is made:
 * for the tens of thousands that the proxy may remember that was 4 MiB with nothing in it.
 */
export class RecentMap<Key, Value> {
  /** In the order of use; the newest last. */
  readonly #entries = new Map<Key, Value>();
  #newest: Key | undefined;

  constructor(private readonly most: number) {}

  get size(): number {
    return this.#entries.size;
  }

  get(key: Key): Value | undefined {
    const value = this.#entries.get(key);
    // Calls of one client come one after the other.
    if (value === undefined || key === this.#newest) return value;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    this.#newest = key;
    return value;
  }

  /** It does not count as used. */
  peek(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  set(key: Key, value: Value): void {
    this.#entries.delete(key);
    if (this.#entries.size >= this.most)
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    this.#entries.set(key, value);
    this.#newest = key;
  }

  delete(key: Key): void {
    this.#entries.delete(key);
    if (key === this.#newest) this.#newest = undefined;
  }

  /** Forgets what is over, however lately it was asked for. Looks at every entry. */
  forget(isOver: (value: Value) => boolean): void {
    for (const [key, value] of this.#entries) if (isOver(value)) this.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#newest = undefined;
  }

  /** What is deleted meanwhile is not shown any more. */
  entries(): Iterable<[Key, Value]> {
    return this.#entries.entries();
  }
}
