import type { KeyValueBucket } from '@gatehouse/messaging/key-value';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeBucket, encodeBucket, takeTokens, type BucketRate, type Grant } from './token-bucket.js';

type Granted = Pick<Grant, 'granted' | 'waitMs'>;

/** With so many replicas that want one bucket at once, somebody else takes part of what they wait for. */
const MAX_ATTEMPTS = 16;
/** Less than anybody waits for the bus: that a bucket is wanted must not look as if the bus were away. */
const TRY_FOR_MS = 120;
/** Those who lost twice come again at different times. */
const AT_ONCE = 2;
const MAX_PAUSE_MS = 8;
/** Then there may be fewer who want it. */
const WANTED_BY_ALL: Granted = { granted: 0, waitMs: 250 };

/** The replicas' common buckets of tokens. Two replicas never get one token: a write counts only over what was read. */
export class SharedBuckets {
  constructor(
    private readonly bucket: Pick<KeyValueBucket, 'get' | 'create' | 'update'>,
    private readonly nowMs: () => number = Date.now,
    private readonly pause: (ms: number) => Promise<unknown> = async (ms) => await sleep(ms),
  ) {}

  /**
   * While others change the bucket all the time there is nothing to have for a moment.
   * @param wanted negative: gives so many back.
   * @throws {GatehouseError} `unavailable`
   */
  async take(key: string, rate: BucketRate, wanted: number): Promise<Granted> {
    const untilMs = this.nowMs() + TRY_FOR_MS;
    for (let attempt = 0; attempt < MAX_ATTEMPTS && this.nowMs() < untilMs; attempt += 1) {
      if (attempt >= AT_ONCE) await this.pause(Math.random() * Math.min(MAX_PAUSE_MS, 2 ** attempt));
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
    return WANTED_BY_ALL;
  }
}
