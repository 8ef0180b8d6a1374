import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '@gatehouse/kernel/clock';
import { DAY_MS } from '@gatehouse/kernel/durations';
import { Secret } from '@gatehouse/kernel/secret';
import { Metrics } from '@gatehouse/observability/metrics';
import { SetAsideRows } from '@gatehouse/observability/set-aside-rows';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { sealMessage } from '@gatehouse/sealing/message-sealing';
import { z } from 'zod';
import { startVaultStores, type VaultStores } from '../testing/vault-stores.js';
import { BusKeyStore } from './bus-key.store.js';
import { BusKeys } from './bus-keys.flow.js';
import { Keyring } from './keyring.js';

let stores: VaultStores;

beforeAll(async () => {
  stores = await startVaultStores();
});

afterAll(() => stores.close());

function replica(clock = systemClock, keyEncryptionKeys = stores.config.keyEncryptionKeys): BusKeys {
  const setAside = new SetAsideRows(new Metrics(), new SilentLog());
  const keyring = new Keyring({ ...stores.config, keyEncryptionKeys }, setAside);
  return new BusKeys(new BusKeyStore(stores.rows, stores.expiry), keyring, clock);
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

test('a key whose key-encryption key is lost is replaced at once, and kept for who opens it', async () => {
  const { key: before } = await replica().current();
  const others = [{ id: 'other', key: new Secret(randomBytes(32).toString('base64url')) }];
  const without = Array.from({ length: 3 }, () => replica(systemClock, others));
  const kids = new Set((await Promise.all(without.map((one) => one.current()))).map(({ key }) => key.kid));
  expect([kids.size, kids.has(before.kid)]).toEqual([1, false]);
  const [one] = without;
  const message = await sealMessage('z', (await replica(systemClock, others).current()).key);
  await expect(one?.open(z.string(), message)).resolves.toBe('z');
  await expect(one?.open(z.string(), await sealMessage('z', before))).rejects.toMatchObject({
    code: 'request_invalid',
  });
  await expect(replica().open(z.string(), await sealMessage('z', before))).resolves.toBe('z');
});

test.each([50, -50])(
  'a replica whose clock is %d s from that of the database has a current key when the old one has had its day',
  async (offSeconds) => {
    const off = replica({ nowMs: () => Date.now() + offSeconds * 1_000 });
    await off.current();
    for (const left of ['40 seconds', '-1 seconds']) {
      await stores.rows.query({
        name: `age-keys-${left}`,
        text: `update bus_keys set use_until = now() + interval '${left}'`,
      });
      const fresh = replica({ nowMs: () => Date.now() + offSeconds * 1_000 });
      await expect(fresh.current()).resolves.toMatchObject({ key: { kty: 'OKP' } });
    }
  },
);
