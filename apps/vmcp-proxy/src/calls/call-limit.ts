import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { ANONYMOUS, personKey, type Principal } from '../incoming-auth/principal.js';

/** Half of the connections to one origin: whoever holds them all with slow calls would keep everybody else out. */
const MOST_AT_ONCE = 128;

/** How many calls each person has running at each backend, in all sessions together. */
export class CallLimit {
  readonly #running = new Map<string, number>();

  /** @returns what to do at the end of the call. @throws {GatehouseError} `busy` */
  enter(principal: Principal, backend: string): () => void {
    // A line break can stand in neither half: JSON escapes it, and a backend's name is a DNS label.
    const key = `${personKey(principal)}\n${backend}`;
    const running = this.#running.get(key) ?? 0;
    // Anonymous callers cannot be told apart, so none of them can be held back for another.
    if (running >= MOST_AT_ONCE && principal.key !== ANONYMOUS.key)
      throw new GatehouseError('busy', 'the caller has too many calls running', {
        details: { backend, ran: 'no' },
      });
    this.#running.set(key, running + 1);
    return () => {
      const left = (this.#running.get(key) ?? 1) - 1;
      if (left === 0) this.#running.delete(key);
      else this.#running.set(key, left);
    };
  }
}
