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
  /** Answers come when that is over. */
  held: Promise<void> | undefined;
  /** Somebody else is always faster here. */
  contended = '';
  /** Requests that are under way, and the most that there were at once. */
  #under = 0;
  most = 0;
  #revision = 0;

  async get(key: string) {
    await this.#reached();
    return this.entries.get(key);
  }

  async create(key: string, value: string): Promise<boolean> {
    await this.#reached();
    if (key === this.contended || this.entries.has(key)) return false;
    this.#put(key, value);
    return true;
  }

  async update(key: string, value: string, revision: number): Promise<boolean> {
    await this.#reached();
    if (key === this.contended || this.entries.get(key)?.revision !== revision) return false;
    this.#put(key, value);
    return true;
  }

  #put(key: string, value: string): void {
    this.#revision += 1;
    this.entries.set(key, { value, revision: this.#revision });
  }

  async #reached(): Promise<void> {
    this.asked += 1;
    await this.held;
    if (this.hangs) await new Promise(() => undefined);
    this.#under += 1;
    this.most = Math.max(this.most, this.#under);
    await Promise.resolve();
    this.#under -= 1;
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
    const shared = new SharedBuckets(
      buckets,
      () => clock.nowMs,
      async () => await Promise.resolve(),
    );
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

const together = async (leases: readonly TokenLeases[], count: number, of = facts(100)): Promise<number> => {
  const waits = await Promise.all(
    Array.from({ length: count }, async (_, index) => await leases[index % leases.length]?.take(of)),
  );
  return waits.filter((wait) => wait === HAS).length;
};

test('calls that come at the same time all get a token while there are enough, of a small limit and of a large one', async () => {
  for (const [limit, calls] of [
    [19, 9],
    [19, 19],
    [100, 100],
    [5_000, 5_000],
  ] as const) {
    const { all } = replicas(1);
    expect(await together(all, calls, facts(limit))).toBe(calls);
    // Nothing was taken that nobody had asked for.
    expect(await takenBy(all, limit + 1, facts(limit))).toBe(limit - calls);
  }
});

test('calls that come at the same time at two replicas get every token of a small limit, and no more', async () => {
  const { all, failures } = replicas(2);
  expect(await together(all, 40, facts(19))).toBe(19);
  expect(failures).toEqual([]);
});

test('calls that come one by one while others wait are all served as long as there are tokens', async () => {
  for (const limit of [19, 300]) {
    const { all } = replicas(1);
    const waits: Promise<Wait>[] = [];
    for (let call = 0; call < limit + 5; call += 1) {
      waits.push(Promise.resolve(all[0]?.take(facts(limit))));
      await Promise.resolve();
    }
    const served = (await Promise.all(waits)).filter((wait) => wait === HAS);
    expect(served).toHaveLength(limit);
  }
});

test('a bucket that everybody wants at once is no outage: others are counted in common, and nobody gets a limit of their own', async () => {
  for (const whenUnavailable of ['local', 'refuse'] as const) {
    const { all, buckets, failures } = replicas(2, whenUnavailable);
    buckets.contended = 'hot';
    const wait = await all[0]?.take(facts(5, 'hot'));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(1_000);
    expect(await together(all, 20, facts(5, 'hot'))).toBe(0);
    expect(await takenBy(all, 20, facts(5, 'other'))).toBe(5);
    expect(failures).toEqual([]);
  }
});

test('a bucket that was wanted by everybody can be had a moment later', async () => {
  const { all, clock, buckets } = replicas(1);
  buckets.contended = 'hot';
  const wait = await all[0]?.take(facts(5, 'hot'));
  buckets.contended = '';
  clock.nowMs += wait ?? 0;
  expect(await all[0]?.take(facts(5, 'hot'))).toBe(HAS);
});

test('outage after outage gives a replica the limit to itself once in its period, not each time', async () => {
  const { all, clock, buckets } = replicas(1);
  const [leases] = all;
  buckets.isDown = true;
  expect(await takenBy(all, 20, facts(10))).toBe(10);
  for (let blip = 0; blip < 3; blip += 1) {
    buckets.isDown = false;
    clock.nowMs += 2_001;
    // The bus is there: the common bucket is used up, and what is idle is swept.
    await takenBy(all, 30, facts(10));
    clock.nowMs += 2_001;
    await leases?.giveBackIdle();
    await takenBy(all, 30, facts(10));
    buckets.isDown = true;
    // Only what the time has added.
    clock.nowMs += 6_001;
    expect(await takenBy(all, 30, facts(10))).toBeLessThanOrEqual(3);
  }
});

/** A replica with tokens of a thousand persons, which nobody has used for a while. */
async function thousandsIdle() {
  const { all, clock, buckets } = replicas(1);
  const [leases] = all;
  const keys = Array.from({ length: 1_000 }, (_, index) => facts(10, `k${index}`));
  await Promise.all(keys.map(async (of) => await leases?.take(of)));
  for (const of of keys) leases?.putBack(of);
  clock.nowMs += 2_000;
  return { leases, keys, buckets };
}

test('what thousands of persons have not used goes back a part at a time, and all of it', async () => {
  const { leases, keys, buckets } = await thousandsIdle();
  buckets.most = 0;
  await leases?.giveBackIdle();
  expect(buckets.most).toBeLessThanOrEqual(100);
  const tokens = [...buckets.entries.values()].map(({ value }) => (JSON.parse(value) as number[])[0]);
  expect(tokens).toEqual(keys.map(() => 10));
});

test('a bus that fails while tokens go back is not asked for the rest of them', async () => {
  const { leases, buckets } = await thousandsIdle();
  buckets.isDown = true;
  const { asked } = buckets;
  await leases?.giveBackIdle(0);
  expect(buckets.asked - asked).toBe(100);
});

test('a process that was busy for longer than the bus may take does not call that an outage', async () => {
  const { all, buckets, failures } = replicas(1, 'refuse');
  const wait = await new Promise<Wait>((resolve) => {
    // After that come the timers that are due, and then what has arrived.
    setImmediate(() => {
      buckets.held = new Promise((arrived) => {
        setImmediate(arrived);
      });
      resolve(all[0]?.take(facts(5)));
      const untilMs = performance.now() + 600;
      while (performance.now() < untilMs) JSON.stringify(untilMs);
    });
  });
  expect(wait).toBe(HAS);
  expect(failures).toEqual([]);
});
