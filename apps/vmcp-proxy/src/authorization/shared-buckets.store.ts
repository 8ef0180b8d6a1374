import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { KeyValueBucket } from '@gatehouse/messaging/key-value';
import { decodeBucket, encodeBucket, takeTokens, type BucketRate, type Grant } from './token-bucket.js';

type Granted = Pick<Grant, 'granted' | 'waitMs'>;

/** With so many replicas that want one bucket at once, somebody else takes part of what they wait for. */
const MAX_ATTEMPTS = 16;

/** The replicas' common buckets of tokens. Two replicas never get one token: a write counts only over what was read. */
export class SharedBuckets {
  constructor(
    private readonly bucket: Pick<KeyValueBucket, 'get' | 'create' | 'update'>,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** @param wanted negative: gives so many back. @throws {GatehouseError} `unavailable` */
  async take(key: string, rate: BucketRate, wanted: number): Promise<Granted> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const entry = await this.bucket.get(key);
      const before = entry === undefined ? undefined : decodeBucket(entry.value);
      const { state, granted, waitMs } = takeTokens(before, rate, wanted, this.nowMs());
      // That there is nothing need not be written.
      if (wanted > 0 && granted === 0) return { granted, waitMs };
      const text = encodeBucket(state);
      const isWritten =
        entry === undefined
          ? await this.bucket.create(key, text)
          : await this.bucket.update(key, text, entry.revision);
      if (isWritten) return { granted, waitMs };
    }
    throw new GatehouseError('unavailable', 'the bucket is wanted by everybody at once');
  }
}
