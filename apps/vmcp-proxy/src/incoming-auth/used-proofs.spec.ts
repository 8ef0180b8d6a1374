import { describe, expect, test } from '@jest/globals';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { UsedProofs } from './used-proofs.store.js';

/** The bucket of the replicas, as a map. */
function world() {
  const written = new Set<string>();
  const clock = { nowMs: 0 };
  const bucket = {
    create: async (key: string): Promise<boolean> => {
      const isNew = !written.has(key);
      written.add(key);
      return await Promise.resolve(isNew);
    },
  };
  return { used: new UsedProofs(bucket, () => clock.nowMs), written, clock };
}

describe('one person cannot fill the room for the proofs of all', () => {
  test('whatever keys their tokens are bound to: 10,000 in three minutes, and others go on', async () => {
    const { used, written, clock } = world();
    for (let at = 0; at < 10_000; at += 1)
      expect(await used.use(`key-${at % 50}`, String(at), 'mallory')).toBe(true);
    await expect(used.use('key-0', 'one more', 'mallory')).rejects.toMatchObject({ code: 'rate_limited' });
    expect(written.size).toBe(10_000);
    expect(await used.use('key-of-alice', 'one', 'alice')).toBe(true);
    clock.nowMs = 3 * 60_000;
    expect(await used.use('key-0', 'one more', 'mallory')).toBe(true);
  });
});

test('a proof is used once, of its key', async () => {
  const { used } = world();
  expect(await used.use('key', 'jti', 'alice')).toBe(true);
  expect(await used.use('key', 'jti', 'alice')).toBe(false);
  expect(await used.use('other', 'jti', 'alice')).toBe(true);
});

test('an outage of the bus is told as one', async () => {
  const used = new UsedProofs({
    create: async () => await Promise.reject(new GatehouseError('unavailable')),
  });
  await expect(used.use('key', 'jti', 'alice')).rejects.toMatchObject({ code: 'unavailable' });
});
