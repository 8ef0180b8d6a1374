import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { HTTP_LIMITS } from '@gatehouse/service-process/http-server';
import { RawConnection } from '@gatehouse/testing/raw-connection';
import type { TestVault } from './testing/test-vault.js';
import { startVaultWorld, type VaultWorld } from './testing/vault-world.js';

let world: VaultWorld;
let vault: TestVault;

beforeAll(async () => {
  world = await startVaultWorld();
  vault = await world.startVault({
    providers: [],
    backends: {},
    limits: { ...HTTP_LIMITS, headerMs: 1_000, requestMs: 1_000, checkEveryMs: 50 },
  });
});

afterAll(async () => {
  await vault.close();
  await world.close();
});

const connection = (): RawConnection => new RawConnection(Number(new URL(vault.internalOrigin).port));

test('the health listener is as hard to hold as the others (slow header, slow body)', async () => {
  const quiet = connection();
  const slow = connection().send('GET /healthz HTTP/1.1\r\n').drip('X-More: 1\r\n');
  const body = connection()
    .send('POST /healthz HTTP/1.1\r\nHost: gatehouse\r\nContent-Length: 900\r\n\r\n')
    .drip('a');
  await Promise.all([quiet, slow, body].map((one) => one.isCut()));
  const healthy = connection().send('GET /healthz HTTP/1.1\r\nHost: gatehouse\r\n\r\n');
  await healthy.hears('"ok"');
  expect(healthy.heard).toMatch(/^HTTP\/1.1 200 /);
  healthy.close();
});
