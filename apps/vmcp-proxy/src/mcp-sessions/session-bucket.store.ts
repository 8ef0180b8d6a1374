import type { Bucket } from '@gatehouse/contracts/buckets';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { KeyValueBucket, KeyValueBuckets, StoredValue } from '@gatehouse/messaging/key-value';

/** A bucket that is opened when it is first needed: the bus is not there yet when the parts are put together. */
export class SessionBucket implements Pick<KeyValueBucket, 'get' | 'put' | 'create' | 'update' | 'delete'> {
  #opened: Promise<KeyValueBucket> | undefined;

  constructor(
    private readonly buckets: Pick<KeyValueBuckets, 'open'>,
    private readonly bucket: Bucket,
  ) {}

  async get(key: string): Promise<StoredValue | undefined> {
    return await (await this.#open()).get(key);
  }

  async put(key: string, value: string): Promise<number> {
    return await (await this.#open()).put(key, value);
  }

  async create(key: string, value: string): Promise<boolean> {
    return await (await this.#open()).create(key, value);
  }

  async update(key: string, value: string, revision: number): Promise<boolean> {
    return await (await this.#open()).update(key, value, revision);
  }

  async delete(key: string): Promise<void> {
    await (await this.#open()).delete(key);
  }

  async #open(): Promise<KeyValueBucket> {
    this.#opened ??= this.buckets.open(this.bucket);
    try {
      return await this.#opened;
    } catch (error) {
      // The bus was unavailable: the next use tries again.
      this.#opened = undefined;
      throw new GatehouseError('unavailable', `the bucket ${this.bucket.name} cannot be opened`, {
        cause: error,
      });
    }
  }
}
