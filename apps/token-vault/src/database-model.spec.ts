import { columnsInDatabase, columnsOfModels } from '@gatehouse/testing/database-model';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Prisma } from './generated/client.js';
import { SCHEMA } from './rows/rows.store.js';
import { startVaultStores, type VaultStores } from './testing/vault-stores.js';

let stores: VaultStores;

beforeAll(async () => {
  stores = await startVaultStores();
});

afterAll(() => stores.close());

/** Table and fields of each model, as the generated client has them. */
const MODELS = {
  sessions: Prisma.SessionScalarFieldEnum,
  connections: Prisma.ConnectionScalarFieldEnum,
  session_connections: Prisma.SessionConnectionScalarFieldEnum,
  pending_legs: Prisma.PendingLegScalarFieldEnum,
  staged_connections: Prisma.StagedConnectionScalarFieldEnum,
  discarded_attempts: Prisma.DiscardedAttemptScalarFieldEnum,
  exchanged_tokens: Prisma.ExchangedTokenScalarFieldEnum,
  revocation_outbox: Prisma.RevocationOutboxScalarFieldEnum,
  event_outbox: Prisma.EventOutboxScalarFieldEnum,
  bus_keys: Prisma.BusKeyScalarFieldEnum,
  upstream_issuers: Prisma.UpstreamIssuerScalarFieldEnum,
  upstream_clients: Prisma.UpstreamClientScalarFieldEnum,
  provider_health: Prisma.ProviderHealthScalarFieldEnum,
  custody_log: Prisma.CustodyEntryScalarFieldEnum,
  custody_archives: Prisma.CustodyArchiveScalarFieldEnum,
};

test('the Prisma model has every table and column of the migrations, and no other', async () => {
  expect(columnsOfModels(MODELS)).toEqual(await columnsInDatabase(stores.rows, SCHEMA));
  expect(Object.keys(Prisma.ModelName)).toHaveLength(Object.keys(MODELS).length);
});

test('every model can be read through the client', async () => {
  const { prisma: client } = stores;
  const reads = [
    client.session.findMany({ include: { connections: true, exchanged: true } }),
    client.connection.findMany({ include: { sessions: true, exchanged: true } }),
    client.pendingLeg.findMany(),
    client.stagedConnection.findMany(),
    client.discardedAttempt.findMany(),
    client.revocationOutbox.findMany(),
    client.eventOutbox.findMany(),
    client.busKey.findMany(),
    client.custodyEntry.findMany(),
    client.custodyArchive.findMany(),
  ];
  await expect(Promise.all(reads)).resolves.toEqual(reads.map(() => []));
});
