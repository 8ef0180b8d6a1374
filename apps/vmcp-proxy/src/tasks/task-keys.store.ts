import { DAY_MS, MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { SingleFlight } from '@gatehouse/kernel/single-flight';
import type { KeyValueBucket } from '@gatehouse/messaging/key-value';
import { randomBytes } from 'node:crypto';
import type { TaskKey } from './task-id.js';

/** Ids are sealed under one key for so long. They open until the bucket drops it. */
const PERIOD_MS = 7 * DAY_MS;
/** Whoever sends ids of weeks that were never sealed in asks the bucket for no more keys than these. */
const MOST_PERIODS_BACK = 5;
const SECRET_BYTES = 32;

/** How long nobody looks again for what was not there, or could not be read. */
const MISSING_FOR_MS = MINUTE_MS;
const FAILED_FOR_MS = 5 * SECOND_MS;
/** An operator may have taken the key away. */
const LOOK_AGAIN_AFTER_MS = 5 * MINUTE_MS;
/** The next week begins with a key, also when the bus is away just then. */
const AHEAD_MS = DAY_MS;

interface Known {
  /** Absent: there is none. */
  readonly key: TaskKey | undefined;
  readonly lookAgainAtMs: number;
}

/** Keys of task ids, in the replicas' common bucket: what one of them sealed opens at all of them. */
export class TaskKeys {
  readonly #known = new Map<number, Known>();
  readonly #making = new SingleFlight<number, TaskKey>();
  #failed: { readonly error: GatehouseError; readonly tryAgainAtMs: number } | undefined;
  #saidAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly bucket: Pick<KeyValueBucket, 'get' | 'create'>,
    private readonly nowMs: () => number = Date.now,
    /** Called when no key can be had, once in a minute: calls run without tasks, and nobody else says why. */
    private readonly unavailable: (error: GatehouseError) => void = () => undefined,
  ) {}

  /**
   * The key for new ids; at once where it is known. Each call that may become a task waits for it, so none waits for a bus that
   * has just failed.
   * @throws {GatehouseError} `unavailable`
   */
  current(): TaskKey | Promise<TaskKey> {
    const nowMs = this.nowMs();
    const period = Math.floor(nowMs / PERIOD_MS);
    const known = this.#known.get(period);
    if (known?.key === undefined) {
      const failed = this.#failed;
      if (failed === undefined || nowMs >= failed.tryAgainAtMs + MINUTE_MS) return this.#made(period);
      this.#makeLater(period, nowMs);
      return Promise.reject(failed.error);
    }
    if (nowMs >= known.lookAgainAtMs) this.#makeLater(period, nowMs);
    const isEnding = nowMs >= (period + 1) * PERIOD_MS - AHEAD_MS;
    if (isEnding && this.#known.get(period + 1)?.key === undefined) this.#makeLater(period + 1, nowMs);
    return known.key;
  }

  /** @returns `undefined` when nobody sealed under it, or when that is too long ago. @throws {GatehouseError} `unavailable` */
  async of(period: number): Promise<TaskKey | undefined> {
    const now = this.#now();
    // The clock of another replica may be ahead.
    if (period > now + 1 || period < now - MOST_PERIODS_BACK) return undefined;
    if (period === now) return await this.current();
    const known = this.#known.get(period);
    if (known !== undefined && this.nowMs() < known.lookAgainAtMs) return known.key;
    const key = await this.#read(period);
    this.#keep(period, key);
    return key;
  }

  /** Nobody waits for it. */
  #makeLater(period: number, nowMs: number): void {
    if (this.#failed !== undefined && nowMs < this.#failed.tryAgainAtMs) return;
    this.#made(period).catch(() => undefined);
  }

  async #made(period: number): Promise<TaskKey> {
    return await this.#making.run(period, async () => {
      try {
        const key = await this.#make(period);
        this.#failed = undefined;
        return key;
      } catch (thrown) {
        const error = GatehouseError.from(thrown);
        const nowMs = this.nowMs();
        this.#failed = { error, tryAgainAtMs: nowMs + FAILED_FOR_MS };
        if (nowMs - this.#saidAtMs >= MINUTE_MS) {
          this.#saidAtMs = nowMs;
          this.unavailable(error);
        }
        throw error;
      }
    });
  }

  async #make(period: number): Promise<TaskKey> {
    let key = await this.#read(period);
    if (key === undefined) {
      await this.bucket.create(nameOf(period), randomBytes(SECRET_BYTES).toString('base64url'));
      // Another replica may have been first.
      key = await this.#read(period);
    }
    if (key === undefined) throw new GatehouseError('unavailable', 'the key of task ids cannot be read');
    this.#keep(period, key);
    return key;
  }

  async #read(period: number): Promise<TaskKey | undefined> {
    const secret = Buffer.from((await this.bucket.get(nameOf(period)))?.value ?? '', 'base64url');
    return secret.length === SECRET_BYTES ? { period, secret } : undefined;
  }

  #keep(period: number, key: TaskKey | undefined): void {
    const now = this.#now();
    // A week that is long over gets no key any more; another replica may be about to begin one of the others.
    const isFinal = key === undefined && period < now - 1;
    const forMs = key === undefined ? MISSING_FOR_MS : LOOK_AGAIN_AFTER_MS;
    this.#known.set(period, {
      key,
      lookAgainAtMs: isFinal ? Number.POSITIVE_INFINITY : this.nowMs() + forMs,
    });
    for (const known of this.#known.keys()) if (known < now - MOST_PERIODS_BACK) this.#known.delete(known);
  }

  #now(): number {
    return Math.floor(this.nowMs() / PERIOD_MS);
  }
}

const nameOf = (period: number): string => `week-${period}`;
