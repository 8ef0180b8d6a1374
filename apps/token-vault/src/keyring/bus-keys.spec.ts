import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '@gatehouse/kernel/clock';
import { DAY_MS } from '@gatehouse/kernel/durations';
import { sealMessage } from '@gatehouse/sealing/message-sealing';
import { z } from 'zod';
import { startVaultStores, type VaultStores } from '../testing/vault-stores.js';
import { BusKeyStore } from './bus-key.store.js';
import { BusKeys } from './bus-keys.js';
import { Keyring } from './keyring.js';

let stores: VaultStores;

beforeAll(async () => {
  stores = await startVaultStores();
});

afterAll(() => stores.close());

function replica(clock = systemClock): BusKeys {
  return new BusKeys(new BusKeyStore(stores.rows), new Keyring(stores.config), clock);
}

test('replicas that start at once agree on one key, and each opens what was sealed for it', async () => {
  const replicas = Array.from({ length: 5 }, () => replica());
  const keys = await Promise.all(replicas.map((one) => one.current()));
  expect(new Set(keys.map(({ key }) => key.kid)).size).toBe(1);
  const [first] = keys;
  if (first === undefined) throw new Error('no key');
  const message = await sealMessage({ query: 'x' }, first.key);
  for (const one of replicas)
    await expect(one.open(z.object({ query: z.string() }), message)).resolves.toEqual({ query: 'x' });
  await expect(replica().open(z.object({ other: z.string() }), message)).rejects.toMatchObject({
    code: 'request_invalid',
  });
});

test('after its day a key is replaced, still opens for an hour, and then no longer', async () => {
  let nowMs = Date.now();
  const clock = { nowMs: () => nowMs };
  const old = replica(clock);
  const { key } = await old.current();
  const message = await sealMessage('x', key);
  await stores.rows.query({
    name: 'age-keys',
    text: `update bus_keys set use_until = now() - interval '1 second'`,
  });
  nowMs += 61_000;
  const { key: next, useUntilMs } = await old.current();
  expect(next.kid).not.toBe(key.kid);
  expect(useUntilMs - Date.now()).toBeGreaterThan(DAY_MS - 60_000);
  await expect(old.open(z.string(), message)).resolves.toBe('x');
  // A replica that has not heard of the new key looks again when it meets it.
  await expect(replica().open(z.string(), await sealMessage('y', next))).resolves.toBe('y');
  await stores.rows.query({
    name: 'age-keys-more',
    text: `update bus_keys set open_until = now() where use_until < now()`,
  });
  await expect(replica().open(z.string(), message)).rejects.toMatchObject({ code: 'request_invalid' });
});
