import { SECOND_MS } from '@gatehouse/kernel/durations';

/** A replica says every second that it is there. If it is silent for this long while another one speaks, it is gone. */
export const SILENT_FOR_MS = 3 * SECOND_MS;
/** A replica that was cut off for this long asks about every session again. */
export const FORGOTTEN_AFTER_MS = 30 * SECOND_MS;
/** Every living replica has been heard within this time after the start. */
export const HEARD_ALL_AFTER_MS = 2 * SECOND_MS;
/** Made-up replicas take no more memory than this. */
const MAX_REPLICAS = 1_000;

interface Waiting {
  readonly missing: Set<string>;
  readonly done: () => void;
}

/** What the closing of a session waits for. */
export interface Acknowledgement {
  /** Resolves when every replica that lived at the beginning has dropped the session. That may be never. */
  readonly all: Promise<void>;
  /** How many replicas have not dropped it. */
  readonly missing: () => number;
  /** Call it when you no longer wait. */
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

  /** Messages of the time before were missed. */
  listenAnew(): void {
    this.#listeningSinceMs = this.nowMs();
  }

  present(replicaId: string): void {
    this.#newestMs = this.nowMs();
    this.#seenAtMs.delete(replicaId);
    this.#seenAtMs.set(replicaId, this.#newestMs);
    const [oldest] = this.#seenAtMs.keys();
    if (this.#seenAtMs.size > MAX_REPLICAS && oldest !== undefined) this.#seenAtMs.delete(oldest);
  }

  /** Has no effect on a session that is not being closed. */
  dropped(replicaId: string, tsid: string): void {
    for (const { missing, done } of this.#waiting.get(tsid) ?? [])
      if (missing.delete(replicaId) && missing.size === 0) done();
  }

  /** Call it before the replicas are told. */
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

  /** Silence counts only while other replicas speak: if this process stood still, it heard nobody, and all may live. */
  #living(): Iterable<string> {
    const fromMs = Math.max(this.#newestMs - SILENT_FOR_MS, this.nowMs() - FORGOTTEN_AFTER_MS);
    for (const [replicaId, seenAtMs] of this.#seenAtMs)
      if (seenAtMs < fromMs) this.#seenAtMs.delete(replicaId);
    return this.#seenAtMs.keys();
  }
}
