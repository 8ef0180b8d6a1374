import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import { newAccountId, newAttemptId, newSessionId } from '@gatehouse/kernel/ids';
import { Database } from '@gatehouse/persistence/database';
import { Rows } from './rows/rows.store.js';
import { ACME_AND_OCTO, startVaultWorld, type VaultWorld } from './testing/vault-world.js';

let world: VaultWorld;
beforeAll(async () => {
  world = await startVaultWorld({ backends: ACME_AND_OCTO });
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => world.close());

test.each([
  ...['57P01', '57P03', '53300', '08006', '40P01', '57014', '25006', 'ECONNREFUSED', 'ETIMEDOUT'],
  ...['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2037'],
])('whatever is asked while the database says %s is unavailable, never internal', async (code) => {
  const error = Object.assign(new Error('the database is away'), { code });
  const { app } = world.vault;
  jest.spyOn(app.get(Database), 'query').mockRejectedValue(error);
  jest.spyOn(app.get(Database), 'transaction').mockRejectedValue(error);
  jest.spyOn(app.get(Rows).connection, 'findMany').mockRejectedValue(error);
  const asked = await Promise.allSettled([
    world.client.inject(newSessionId(), 'repos'),
    world.client.leg(newAttemptId(), 'octo', world.as('alice')),
    world.client.ask(connectionList, { accountId: newAccountId() }),
  ]);
  expect(asked).toMatchObject(Array(3).fill({ reason: { code: 'unavailable' } }));
});
