import { MINUTE_MS } from '@gatehouse/kernel/durations';

/** Then the lists are asked for once more for both, and compared. */
const COMPARED_AFTER_MS = 10 * MINUTE_MS;

/**
 * For which clients of one principal a backend makes no difference: it gave both the same lists when it was asked for both. Then
 * what it lists for the one does for the other.
 */
export class AlikeLists {
  readonly #comparedAtMs = new Map<string, number>();

  /** @param one, other keys of what the clients declare. */
  compared(backend: string, one: string, other: string, areAlike: boolean, nowMs: number): void {
    const key = keyOf(backend, one, other);
    if (areAlike) this.#comparedAtMs.set(key, nowMs);
    else this.#comparedAtMs.delete(key);
  }

  areAlike(backend: string, one: string, other: string, nowMs: number): boolean {
    const comparedAtMs = this.#comparedAtMs.get(keyOf(backend, one, other));
    return comparedAtMs !== undefined && nowMs - comparedAtMs < COMPARED_AFTER_MS;
  }

  /** Nobody has compared what the backend lists now. */
  forget(backend: string): void {
    for (const key of [...this.#comparedAtMs.keys()])
      if (key.startsWith(`${backend}\n`)) this.#comparedAtMs.delete(key);
  }
}

/** No key of what a client declares has a line break. */
const keyOf = (backend: string, ...keys: readonly [string, string]): string =>
  [backend, ...[...keys].sort()].join('\n');
