import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { leadOrFollow, type Pace } from './lead-or-follow.js';

const LEASE_MS = 100;
const PATIENCE_MS = 1_000;

/** How one replica's attempt at the work goes, should it get the lead. */
type Leading =
  | { readonly kind: 'done'; readonly workMs: number }
  /** It stops without a word: only the end of its lease tells. */
  | { readonly kind: 'dies'; readonly workMs: number }
  | { readonly kind: 'fails'; readonly workMs: number };

const leading: fc.Arbitrary<Leading> = fc.record({
  kind: fc.constantFrom('done' as const, 'dies' as const, 'fails' as const),
  workMs: fc.integer({ min: 0, max: LEASE_MS - 1 }),
});
const replica = fc.record({ leading, comesAtMs: fc.integer({ min: 0, max: 300 }) });

/** What the replicas have in common. */
interface Shared {
  leasedUntilMs: number;
  published: number | undefined;
  working: number;
}

/** Time that passes only when everybody sleeps: the earliest sleeper wakes. */
class Sleepers implements Pace {
  #nowMs = 0;
  readonly #asleep: { readonly untilMs: number; readonly wake: () => void }[] = [];

  nowMs = (): number => this.#nowMs;

  sleep = (delayMs: number): Promise<void> =>
    new Promise((wake) => void this.#asleep.push({ untilMs: this.#nowMs + delayMs, wake }));

  async runUntil(done: () => boolean): Promise<void> {
    while (!done()) {
      await new Promise(setImmediate);
      this.#asleep.sort((left, right) => left.untilMs - right.untilMs);
      const next = this.#asleep.shift();
      if (next === undefined) continue;
      this.#nowMs = Math.max(this.#nowMs, next.untilMs);
      next.wake();
    }
  }
}

test('one leads at a time, its outcome reaches everybody, and the place of one that died is taken', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(replica, { minLength: 1, maxLength: 5 }), async (replicas) => {
      const pace = new Sleepers();
      const shared: Shared = { leasedUntilMs: 0, published: undefined, working: 0 };
      let left = replicas.length;
      const answers = replicas.map(async ({ leading: { kind, workMs }, comesAtMs }, number) => {
        await pace.sleep(comesAtMs);
        let led = 0;
        const outcome = leadOrFollow<number, number>(
          {
            acquire: () => {
              if (shared.published !== undefined || pace.nowMs() < shared.leasedUntilMs)
                return Promise.resolve(undefined);
              shared.leasedUntilMs = pace.nowMs() + LEASE_MS;
              return Promise.resolve(number);
            },
            lead: async () => {
              led += 1;
              shared.working += 1;
              expect(shared.working).toBe(1);
              await pace.sleep(workMs);
              shared.working -= 1;
              if (kind === 'done') shared.published = number;
              if (kind === 'fails') shared.leasedUntilMs = 0;
              if (kind === 'done') return number;
              throw new Error(kind);
            },
            look: () => Promise.resolve(shared.published),
            patienceMs: PATIENCE_MS,
            busy: 'too long',
          },
          pace,
        );
        const [settled] = await Promise.allSettled([outcome]);
        left -= 1;
        return { settled, led, kind };
      });
      await pace.runUntil(() => left === 0);
      for (const { settled, led, kind } of await Promise.all(answers)) {
        expect(led).toBeLessThanOrEqual(1);
        // Whoever led and failed says so; everybody else has the published outcome, and nobody another one.
        if (settled.status === 'fulfilled') expect(settled.value).toBe(shared.published);
        else expect({ kind, led }).toEqual({ kind: kind === 'done' ? 'nobody' : kind, led: 1 });
      }
      expect(shared.published !== undefined).toBe(replicas.some(({ leading: { kind } }) => kind === 'done'));
    }),
  );
});

test('a leader that works for longer than anybody waits makes followers busy, and no second leader', async () => {
  const pace = new Sleepers();
  let looks = 0;
  let done = false;
  const follower = leadOrFollow(
    {
      acquire: () => Promise.resolve(undefined),
      lead: () => Promise.reject(new Error('nobody leads here')),
      look: () => Promise.resolve(void (looks += 1)),
      patienceMs: PATIENCE_MS,
      busy: 'another replica is still at it',
    },
    pace,
  ).finally(() => {
    done = true;
  });
  const refused = expect(follower).rejects.toMatchObject({
    code: 'busy',
    message: 'another replica is still at it',
  });
  await pace.runUntil(() => done);
  await refused;
  expect(looks).toBeGreaterThan(PATIENCE_MS / 50);
});

test('a leader that finds newer things in place takes them for the outcome', async () => {
  const outcome = leadOrFollow({
    acquire: () => Promise.resolve('lease'),
    lead: () => Promise.resolve(undefined),
    look: () => Promise.resolve('newer'),
    patienceMs: PATIENCE_MS,
    busy: 'never',
  });
  await expect(outcome).resolves.toBe('newer');
});
