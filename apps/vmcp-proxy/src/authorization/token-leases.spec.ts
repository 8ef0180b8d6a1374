import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { afterEach, expect, test } from '@jest/globals';
import { SharedBuckets } from './shared-buckets.store.js';
import { TokenLeases, type Wait } from './token-leases.flow.js';

/** A key-value bucket whose writes count only over what was read. */
class Buckets {
  readonly entries = new Map<string, { readonly value: string; readonly revision: number }>();
  asked = 0;
  isDown = false;
  hangs = false;
  #revision = 0;

  async get(key: string) {
    await this.#reached();
    return this.entries.get(key);
  }

  async create(key: string, value: string): Promise<boolean> {
    await this.#reached();
    if (this.entries.has(key)) return false;
    this.#put(key, value);
    return true;
  }

  async update(key: string, value: string, revision: number): Promise<boolean> {
    await this.#reached();
    if (this.entries.get(key)?.revision !== revision) return false;
    this.#put(key, value);
    return true;
  }

  #put(key: string, value: string): void {
    this.#revision += 1;
    this.entries.set(key, { value, revision: this.#revision });
  }

  async #reached(): Promise<void> {
    this.asked += 1;
    if (this.hangs) await new Promise(() => undefined);
    await Promise.resolve();
    if (this.isDown) throw new GatehouseError('unavailable', 'down');
  }
}

const made: TokenLeases[] = [];
afterEach(() => {
  for (const leases of made.splice(0)) leases.stop();
});

function replicas(count: number, whenUnavailable: 'local' | 'refuse' = 'local') {
  const clock = { nowMs: 1_000_000 };
  const buckets = new Buckets();
  const failures: unknown[] = [];
  const all = Array.from({ length: count }, () => {
    const shared = new SharedBuckets(buckets, () => clock.nowMs);
    const leases = new TokenLeases(
      shared,
      whenUnavailable,
      (error) => failures.push(error),
      () => clock.nowMs,
    );
    made.push(leases);
    return leases;
  });
  return { all, clock, buckets, failures };
}

const facts = (maxTokens: number, key = 'k') => ({ key, rate: { maxTokens, refillPeriodMs: 60_000 } });
const HAS: Wait = undefined;

async function takenBy(leases: readonly TokenLeases[], tries: number, of = facts(100)): Promise<number> {
  let taken = 0;
  for (let index = 0; index < tries; index += 1)
    if ((await leases[index % leases.length]?.take(of)) === HAS) taken += 1;
  return taken;
}

test('two replicas together give no more than there is, and nearly all of it', async () => {
  const { all } = replicas(2);
  const taken = await takenBy(all, 400);
  expect(taken).toBeLessThanOrEqual(100);
  expect(taken).toBeGreaterThanOrEqual(90);
});

test('many callers at once at both replicas get no token twice', async () => {
  const { all } = replicas(2);
  const waits = await Promise.all(
    Array.from({ length: 400 }, async (_, index) => await all[index % 2]?.take(facts(100))),
  );
  expect(waits.filter((wait) => wait === HAS).length).toBeLessThanOrEqual(100);
});

test('a call that finds a token asks nobody, and one that is refused neither', async () => {
  const { all, buckets } = replicas(1);
  const [leases] = all;
  await takenBy(all, 40);
  const { asked } = buckets;
  await takenBy(all, 60);
  expect(buckets.asked - asked).toBeLessThan(60);
  await takenBy(all, 20);
  const before = buckets.asked;
  expect(await takenBy(all, 50)).toBe(0);
  expect(buckets.asked).toBe(before);
  expect(leases?.take(facts(100))).toBeGreaterThan(0);
});

test('after the wait that was said, a call is let through', async () => {
  const { all, clock } = replicas(1);
  await takenBy(all, 200);
  const wait = await all[0]?.take(facts(100));
  clock.nowMs += wait ?? 0;
  expect(await all[0]?.take(facts(100))).toBe(HAS);
});

test('what an idle replica has goes back to the others', async () => {
  const { all, clock, buckets } = replicas(2);
  const [one, other] = all;
  await takenBy([one as TokenLeases], 50);
  // It may be asking for more.
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  clock.nowMs += 2_000;
  await one?.giveBackIdle();
  expect(buckets.entries.size).toBe(1);
  const taken = await takenBy([other as TokenLeases], 100);
  expect(taken).toBeGreaterThanOrEqual(50);
  expect(taken).toBeLessThanOrEqual(54);
});

test('without the bus each replica keeps the limit by itself, and says so once', async () => {
  const { all, buckets, failures } = replicas(2);
  buckets.isDown = true;
  expect(await takenBy([all[0] as TokenLeases], 300)).toBe(100);
  expect(failures).toHaveLength(1);
  buckets.isDown = false;
});

test('without the bus calls are refused where that is configured', async () => {
  const { all, buckets } = replicas(1, 'refuse');
  buckets.isDown = true;
  expect(await takenBy(all, 10)).toBe(0);
});

test('a bus that does not answer holds nobody up for longer than a moment, and that once', async () => {
  const { all, buckets, clock } = replicas(1);
  buckets.hangs = true;
  expect(await all[0]?.take(facts(5))).toBe(HAS);
  expect(all[0]?.take(facts(5))).toBe(HAS);
  clock.nowMs += 1;
  expect(await takenBy(all, 10, facts(5))).toBe(3);
});
