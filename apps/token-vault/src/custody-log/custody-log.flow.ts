import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Clock } from '@gatehouse/kernel/clock';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Log } from '@gatehouse/observability/log';
import { CHAIN_START, type CustodyEntry } from '@gatehouse/persistence/custody-log/custody-entry';
import { CLOCK } from '@gatehouse/service-process/injected';
import { CustodyKeys } from './custody-keys.js';
import { CustodyLogStore } from './custody-log.store.js';
import type { Release } from './release.js';

interface Head {
  readonly sequence: number;
  readonly hash: string;
  readonly at: Date;
}

const START: Head = { sequence: 0, hash: CHAIN_START, at: new Date(0) };

type Entered = Pick<CustodyEntry, 'replicaId' | 'sequence'>;

interface Waiting {
  readonly release: Release;
  readonly written: (entry: Entered) => void;
  readonly failed: (error: unknown) => void;
}

const MOST_PER_INSERT = 200;

/**
 * Records every release. The log is append-only; each process has its own hash chain, so that no replica waits for another.
 * Releases that come during an insert go into the next one.
 */
@Injectable()
export class CustodyLog implements OnApplicationShutdown {
  #replicaId: string = randomUUID();
  #head: Head = START;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #announcedAtMs = 0;

  constructor(
    private readonly store: CustodyLogStore,
    private readonly keys: CustodyKeys,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /**
   * Resolves when the entry is committed: only then may the credential leave.
   * @returns where the entry is: its chain and its number there
   */
  async append(release: Release): Promise<string> {
    const { replicaId, sequence } = await new Promise<Entered>((written, failed) => {
      this.#waiting.push({ release, written, failed });
      this.#writing ??= this.#drain();
    });
    return `${replicaId}:${sequence}`;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#writing;
    if (this.#head.sequence > 0) this.#announce();
  }

  async #drain(): Promise<void> {
    for (let batch = this.#next(); batch.length > 0; batch = this.#next()) {
      try {
        const entries = await this.#write(batch);
        for (const [index, entry] of entries.entries()) batch[index]?.written(entry);
      } catch (cause) {
        this.#startAnew();
        const { code } = GatehouseError.from(cause);
        const error = new GatehouseError(code, 'the custody log cannot be written', { cause });
        for (const { failed } of batch) failed(error);
      }
    }
    // Nothing waits at this moment. A release that comes later starts a new drain.
    this.#writing = undefined;
    if (this.clock.nowMs() - this.#announcedAtMs > MINUTE_MS) this.#announce();
  }

  #next(): Waiting[] {
    return this.#waiting.splice(0, MOST_PER_INSERT);
  }

  async #write(batch: readonly Waiting[]): Promise<readonly CustodyEntry[]> {
    let head = this.#head;
    const entries = batch.map(({ release }) => {
      const entry = this.#entry(release, head);
      head = entry;
      return entry;
    });
    await this.store.append(entries);
    this.#head = head;
    return entries;
  }

  /** A failed insert may have been committed all the same. A new chain cannot collide with it, and the old one stays verifiable. */
  #startAnew(): void {
    this.#replicaId = randomUUID();
    this.#head = START;
  }

  #entry({ token, provider, connectionId, ...release }: Release, previous: Head): CustodyEntry {
    const key = this.keys.current;
    const entry = {
      ...release,
      provider: provider ?? null,
      connectionId: connectionId ?? null,
      replicaId: this.#replicaId,
      sequence: previous.sequence + 1,
      // Time never goes back within a chain: the log is cut by time.
      at: new Date(Math.max(this.clock.nowMs(), previous.at.getTime())),
      fingerprint: key.fingerprint(token),
      keyId: key.id,
      previousHash: previous.hash,
    };
    return { ...entry, hash: key.hash(entry) };
  }

  /** Logs the head, as an anchor outside the database: a chain that ends before a logged head has lost its end. */
  #announce(): void {
    this.#announcedAtMs = this.clock.nowMs();
    this.log.info('custody-log-head', {
      replicaId: this.#replicaId,
      sequence: this.#head.sequence,
      hash: this.#head.hash,
    });
  }
}
