import { DAY_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { KeyValueBucket } from '@gatehouse/messaging/key-value';
import { randomBytes } from 'node:crypto';
import type { TaskKey } from './task-id.js';

/** Ids are sealed under one key for so long. They open until the bucket drops it. */
const PERIOD_MS = 7 * DAY_MS;
/** Whoever sends ids of weeks that were never sealed in asks the bucket for no more keys than these. */
const MOST_PERIODS_BACK = 5;
const SECRET_BYTES = 32;

/** Keys of task ids, in the replicas' common bucket: what one of them sealed opens at all of them. */
export class TaskKeys {
  readonly #known = new Map<number, TaskKey | undefined>();

  constructor(
    private readonly bucket: Pick<KeyValueBucket, 'get' | 'create'>,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** The key for new ids; at once where it is known. @throws {GatehouseError} `unavailable` */
  current(): TaskKey | Promise<TaskKey> {
    const period = this.#now();
    return this.#known.get(period) ?? this.#make(period);
  }

  /** @returns `undefined` when nobody sealed under it, or when that is too long ago. @throws {GatehouseError} `unavailable` */
  async of(period: number): Promise<TaskKey | undefined> {
    const now = this.#now();
    // The clock of another replica may be ahead.
    if (period > now + 1 || period < now - MOST_PERIODS_BACK) return undefined;
    if (period === now) return await this.current();
    if (this.#known.has(period)) return this.#known.get(period);
    const key = await this.#read(period);
    // A week that is over gets no key any more.
    if (key !== undefined || period < now) this.#keep(period, key);
    return key;
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
    this.#known.set(period, key);
    for (const known of this.#known.keys())
      if (known < this.#now() - MOST_PERIODS_BACK) this.#known.delete(known);
  }

  #now(): number {
    return Math.floor(this.nowMs() / PERIOD_MS);
  }
}

const nameOf = (period: number): string => `week-${period}`;
