import { atMost } from '@gatehouse/kernel/at-most';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import type { Log } from '@gatehouse/observability/log';
import { LRUCache } from 'lru-cache';

const MAX_REMEMBERED = 20_000;
/** A backend that lists other things at each look does not fill the log. What is not said now is said at a later look. */
const MAX_LINES_PER_MINUTE = 100;

type Facts = Readonly<Record<string, string | undefined>> & { readonly backend: string };

/** Says once what was found in the lists of a backend, however often it is listed, and by however many callers. */
export class SaidOnce {
  readonly #said = new LRUCache<string, true>(atMost(MAX_REMEMBERED));
  readonly #lines = new Map<string, { sinceMs: number; count: number }>();

  constructor(
    private readonly log: Pick<Log, 'info' | 'warn'>,
    private readonly nowMs: () => number,
  ) {}

  say(level: 'info' | 'warn', event: string, facts: Facts): void {
    const key = JSON.stringify([event, facts]);
    if (this.#said.get(key) === true || !this.#hasRoom(facts.backend)) return;
    this.#said.set(key, true);
    this.log[level](event, facts);
  }

  #hasRoom(backend: string): boolean {
    const nowMs = this.nowMs();
    const known = this.#lines.get(backend);
    const lines =
      known === undefined || nowMs - known.sinceMs >= MINUTE_MS ? { sinceMs: nowMs, count: 0 } : known;
    this.#lines.set(backend, lines);
    lines.count += 1;
    return lines.count <= MAX_LINES_PER_MINUTE;
  }
}
