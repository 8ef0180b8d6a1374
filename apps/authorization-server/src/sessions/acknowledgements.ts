import { SECOND_MS } from '@gatehouse/kernel/durations';

/** A replica says every second that it is there; one that is silent for this long while another speaks is gone. */
export const SILENT_FOR_MS = 3 * SECOND_MS;
/** A replica that nobody heard for this long believes nothing any more that it was told before. */
export const FORGOTTEN_AFTER_MS = 30 * SECOND_MS;
/** From the start on, every living replica has been heard of after this. */
export const HEARD_ALL_AFTER_MS = 2 * SECOND_MS;
/** Whoever makes up replicas makes nobody remember more. */
const MOST_REPLICAS = 1_000;

interface Waiting {
  readonly missing: Set<string>;
  readonly done: () => void;
}

/** What somebody waits for who closes a session. */
export interface Acknowledgement {
  /** Resolves when every replica that lived when this began has dropped the session, which may be never. */
  readonly all: Promise<void>;
  /** How many have not. */
  readonly missing: () => number;
  /** To be called by whoever waits no longer. */
  readonly end: () => void;
}

/** Which replicas of the proxy live, and which of them have dropped a session. */
export class Acknowledgements {
  readonly #seenAtMs = new Map<string, number>();
  readonly #waiting = new Map<string, Set<Waiting>>();
  #newestMs = Number.NEGATIVE_INFINITY;
  #listeningSinceMs: number;

  constructor(private readonly nowMs: () => number) {
    this.#listeningSinceMs = nowMs();
  }

  /** What was said meanwhile was not heard. */
  listenAnew(): void {
    this.#listeningSinceMs = this.nowMs();
  }

  present(replicaId: string): void {
    this.#newestMs = this.nowMs();
    this.#seenAtMs.delete(replicaId);
    this.#seenAtMs.set(replicaId, this.#newestMs);
    const [oldest] = this.#seenAtMs.keys();
    if (this.#seenAtMs.size > MOST_REPLICAS && oldest !== undefined) this.#seenAtMs.delete(oldest);
  }

  /** Means nothing for a session that nobody closes just now. */
  dropped(replicaId: string, tsid: string): void {
    for (const { missing, done } of this.#waiting.get(tsid) ?? [])
      if (missing.delete(replicaId) && missing.size === 0) done();
  }

  /** To be asked before the replicas are told. */
  of(tsid: string): Acknowledgement {
    const { promise: all, resolve: done } = Promise.withResolvers<undefined>();
    const missing = new Set(this.#living());
    const waiting: Waiting = {
      missing,
      done: () => {
        done(undefined);
      },
    };
    const others = this.#waiting.get(tsid) ?? new Set();
    this.#waiting.set(tsid, others.add(waiting));
    if (missing.size === 0 && this.#hasHeardAll()) waiting.done();
    return {
      all,
      missing: () => missing.size,
      end: () => {
        others.delete(waiting);
        if (others.size === 0 && this.#waiting.get(tsid) === others) this.#waiting.delete(tsid);
      },
    };
  }

  #hasHeardAll(): boolean {
    return this.nowMs() - this.#listeningSinceMs >= HEARD_ALL_AFTER_MS;
  }

  /** By what others said: if this process stood still, nobody was heard, and all of them may live. */
  #living(): Iterable<string> {
    const fromMs = Math.max(this.#newestMs - SILENT_FOR_MS, this.nowMs() - FORGOTTEN_AFTER_MS);
    for (const [replicaId, seenAtMs] of this.#seenAtMs)
      if (seenAtMs < fromMs) this.#seenAtMs.delete(replicaId);
    return this.#seenAtMs.keys();
  }
}
