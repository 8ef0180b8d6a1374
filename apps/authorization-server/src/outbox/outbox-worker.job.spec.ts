import { expect, test } from '@jest/globals';
import { OutboxWorker } from './outbox-worker.job.js';

/** Entries are crossed off when told; those among `stuck` wait for what does not come. */
function outbox(entries: string[]) {
  const [told, failures]: [string[], unknown[]] = [[], []];
  const stuck = new Map<string, PromiseWithResolvers<undefined>>();
  const worker = new OutboxWorker<string>({
    waiting: (limit) => Promise.resolve(entries.slice(-limit).reverse()),
    keyOf: (entry) => entry,
    tell: async (entry) => {
      told.push(entry);
      await stuck.get(entry)?.promise;
      if (entry.startsWith('refused')) throw new Error(entry);
      entries.splice(entries.indexOf(entry), 1);
    },
    failed: (error) => void failures.push(error),
  });
  return { worker, told, failures, stuck };
}

test('one that cannot be told, or hangs, holds up none of the others, nor what comes later', async () => {
  const entries = ['refused', 'hangs', 'first'];
  const { worker, told, failures, stuck } = outbox(entries);
  const hanging = Promise.withResolvers<undefined>();
  stuck.set('hangs', hanging);
  const run = worker.wake(60_000);
  await new Promise(setImmediate);
  expect(entries).toEqual(['refused', 'hangs']);
  entries.push('later');
  void worker.wake(60_000);
  await new Promise(setImmediate);
  expect(entries).toEqual(['refused', 'hangs']);
  hanging.resolve(undefined);
  await run;
  expect(entries).toEqual(['refused']);
  expect(failures).toContainEqual(new Error('refused'));
  // What is being told is not told a second time meanwhile.
  expect(told.filter((entry) => entry === 'hangs')).toHaveLength(1);
});

test('more than a batch of entries that nobody takes does not keep a new one waiting', async () => {
  const entries = Array.from({ length: 120 }, (_, index) => `refused-${index}`);
  const { worker } = outbox(entries);
  await worker.wake(60_000);
  entries.push('new');
  await worker.wake(60_000);
  expect(entries).not.toContain('new');
});

test('a long outbox is worked off in one go', async () => {
  const entries = Array.from({ length: 170 }, (_, index) => String(index));
  const { worker, failures } = outbox(entries);
  await worker.wake(60_000);
  expect([entries, failures]).toEqual([[], []]);
});
