import { expect, test } from '@jest/globals';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { until } from '@gatehouse/testing/until';
import { TaskKeys } from './task-keys.store.js';

const MINUTE_MS = 60_000;
const WEEK_MS = 7 * 86_400_000;
/** The beginning of a week, as keys count them. */
const START_MS = 3_000 * WEEK_MS;

/** What replicas share; it can be away, and silent for as long as a spec likes. */
class Bucket {
  readonly values = new Map<string, string>();
  readonly waiting: (() => void)[] = [];
  isAway = false;
  isSilent = false;
  reads = 0;

  async get(key: string) {
    this.reads += 1;
    if (this.isSilent) await new Promise<void>((resolve) => this.waiting.push(resolve));
    if (this.isAway) throw new GatehouseError('unavailable', 'no bus');
    const value = this.values.get(key);
    return value === undefined ? undefined : { value, revision: 1 };
  }

  async create(key: string, value: string): Promise<boolean> {
    if (!this.values.has(key)) this.values.set(key, value);
    return await Promise.resolve(true);
  }
}

function world(atMs = START_MS) {
  const bucket = new Bucket();
  const clock = { nowMs: atMs };
  const said: string[] = [];
  const keys = new TaskKeys(
    bucket,
    () => clock.nowMs,
    ({ code }) => void said.push(code),
  );
  return { bucket, clock, said, keys };
}

test('without a bus one call waits for a key, and the others of the next seconds do not; it is said once in a minute', async () => {
  const { bucket, clock, said, keys } = world();
  bucket.isAway = true;
  await expect(keys.current()).rejects.toMatchObject({ code: 'unavailable' });
  const { reads } = bucket;
  for (let call = 0; call < 100; call += 1)
    await expect(keys.current()).rejects.toMatchObject({ code: 'unavailable' });
  expect(bucket.reads).toBe(reads);
  // Who tries again is not a call: a bus that says nothing holds up nobody.
  bucket.isSilent = true;
  clock.nowMs += 6_000;
  for (let call = 0; call < 100; call += 1)
    await expect(keys.current()).rejects.toMatchObject({ code: 'unavailable' });
  expect(bucket.reads).toBe(reads + 1);
  expect(said).toEqual(['unavailable']);
  bucket.isAway = bucket.isSilent = false;
  for (const resolve of bucket.waiting) resolve();
  await until(async () => {
    try {
      return (await keys.current()).period === 3_000;
    } catch {
      return false;
    }
  });
});

test('calls that need the key at one time ask for it once', async () => {
  const { bucket, keys } = world();
  bucket.isSilent = true;
  const asked = Array.from({ length: 50 }, async () => await keys.current());
  expect(bucket.reads).toBe(1);
  bucket.isSilent = false;
  for (const resolve of bucket.waiting) resolve();
  expect(new Set(await Promise.all(asked)).size).toBe(1);
  expect(bucket.reads).toBe(2);
});

test('a week begins with a key that was made the day before: nobody waits for the bus at its turn', async () => {
  const { bucket, clock, keys } = world(START_MS + WEEK_MS - 2 * 3_600_000);
  await keys.current();
  await keys.current();
  await until(() => bucket.values.has('week-3001'));
  await until(async () => (await keys.of(3_001)) !== undefined);
  bucket.isAway = true;
  clock.nowMs += 3 * 3_600_000;
  expect(keys.current()).toMatchObject({ period: 3_001 });
});

test('a key that an operator took away seals nothing any more after some minutes', async () => {
  const { bucket, clock, keys } = world();
  const old = await keys.current();
  bucket.values.clear();
  clock.nowMs += 6 * MINUTE_MS;
  await keys.current();
  await until(async () => !(await keys.current()).secret.equals(old.secret));
});

test('ids of the next week that somebody makes up cost the bucket one look in a minute', async () => {
  const { bucket, clock, keys } = world();
  for (let id = 0; id < 100; id += 1) expect(await keys.of(3_001)).toBeUndefined();
  expect(bucket.reads).toBe(1);
  // Another replica's clock is ahead: its ids open a minute later.
  await bucket.create('week-3001', Buffer.alloc(32, 7).toString('base64url'));
  clock.nowMs += 2 * MINUTE_MS;
  expect(await keys.of(3_001)).toMatchObject({ period: 3_001 });
});
