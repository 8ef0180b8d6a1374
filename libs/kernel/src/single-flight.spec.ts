import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SingleFlight, type Flight } from './single-flight.js';

type Step =
  | { readonly kind: 'ask' | 'land' | 'fail' | 'throw'; readonly key: number }
  | { readonly kind: 'drop'; readonly keys: readonly number[] | undefined };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('ask' as const, 'ask' as const, 'land' as const, 'fail' as const, 'throw' as const),
    key: fc.integer({ min: 0, max: 2 }),
  }),
  fc.record({
    kind: fc.constant('drop' as const),
    keys: fc.option(fc.uniqueArray(fc.integer({ min: 0, max: 2 })), { nil: undefined }),
  }),
);

interface Run {
  readonly number: number;
  readonly flight: Flight;
  readonly outcome: PromiseWithResolvers<number>;
}

/** The model: the open run of each key, and all runs whose end nobody has decided yet. */
function modelled() {
  const flights = new SingleFlight<number, number>();
  const open = new Map<number, Run>();
  const runs: Run[] = [];
  const answers: { readonly expected: Promise<number>; readonly got: Promise<number> }[] = [];
  const settle = async (key: number, how: (run: Run) => void) => {
    const run = open.get(key);
    if (run === undefined) return;
    how(run);
    open.delete(key);
    await run.outcome.promise.catch(() => undefined);
    await new Promise(setImmediate);
  };
  return {
    answers,
    ask: (key: number) => {
      const before = runs.length;
      const got = flights.run(key, (flight) => {
        const run = { number: runs.length, flight, outcome: Promise.withResolvers<number>() };
        runs.push(run);
        return run.outcome.promise;
      });
      const joined = open.get(key);
      // One run per key: nobody begins a second one, and nobody joins one from before a drop.
      expect(runs.length - before).toBe(joined === undefined ? 1 : 0);
      const run = joined ?? runs.at(-1);
      if (run === undefined) throw new Error('nothing runs');
      open.set(key, run);
      answers.push({ expected: run.outcome.promise, got });
      expect(flights.isRunning(key)).toBe(true);
    },
    land: (key: number) => settle(key, ({ number, outcome }) => outcome.resolve(number)),
    fail: (key: number) => settle(key, ({ number, outcome }) => outcome.reject(new Error(String(number)))),
    throw: async (key: number) => {
      if (open.has(key)) return;
      const thrown = new Error('at once');
      const got = flights.run(key, () => {
        throw thrown;
      });
      await expect(got).rejects.toBe(thrown);
      expect(flights.isRunning(key)).toBe(false);
    },
    drop: (keys: readonly number[] = [...open.keys()]) => {
      const begunBefore = keys.flatMap((key) => open.get(key) ?? []);
      flights.drop(keys);
      for (const key of keys) open.delete(key);
      for (const { flight } of begunBefore) expect(flight.isDropped).toBe(true);
      for (const { flight } of open.values()) expect(flight.isDropped).toBe(false);
    },
    end: async () => {
      for (const { flight } of open.values()) expect(flight.isDropped).toBe(false);
      for (const { number, outcome } of runs) outcome.resolve(number);
      await flights.settled();
      for (const key of open.keys()) expect(flights.isRunning(key)).toBe(false);
      for (const { expected, got } of answers) {
        const [wanted, given] = await Promise.allSettled([expected, got]);
        expect(given).toEqual(wanted);
      }
    },
  };
}

test('whoever asks shares the one run of its key, and an answer asked for before a drop is known to be one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const model = modelled();
      for (const one of steps)
        if (one.kind === 'drop') model.drop(one.keys);
        else await model[one.kind](one.key);
      await model.end();
    }),
  );
});

test('a run from before a drop that ends late does not end the one that took its place', async () => {
  const flights = new SingleFlight<string, number>();
  const [old, young] = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
  const first = flights.run('key', () => old.promise);
  flights.drop();
  const second = flights.run('key', () => young.promise);
  old.resolve(1);
  await expect(first).resolves.toBe(1);
  const third = flights.run('key', () => Promise.resolve(3));
  young.resolve(2);
  await expect(Promise.all([second, third])).resolves.toEqual([2, 2]);
});
