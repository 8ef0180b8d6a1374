import { Database } from '@gatehouse/persistence/database';
import { columnsInDatabase, columnsOfModels } from '@gatehouse/testing/database-model';
import { startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Prisma } from './generated/client.js';

let database: TestDatabase;
let queries: Database;

beforeAll(async () => {
  database = await startTestDatabase('authorization-server');
  const { url, schema } = database;
  queries = new Database({ url, schema, applicationName: 'test' }, new SilentLog());
});

afterAll(async () => {
  await queries.onApplicationShutdown();
  await database.close();
});

/** Table and fields of each model, as the generated client has them. */
const MODELS = {
  accounts: Prisma.AccountScalarFieldEnum,
  identities: Prisma.IdentityScalarFieldEnum,
  approvals: Prisma.ApprovalScalarFieldEnum,
  sessions: Prisma.SessionScalarFieldEnum,
  oidc_records: Prisma.OidcRecordScalarFieldEnum,
  attempts: Prisma.AttemptScalarFieldEnum,
  abandoned_attempts: Prisma.AbandonedAttemptScalarFieldEnum,
  keyring: Prisma.OwnKeyScalarFieldEnum,
  keyring_set_aside: Prisma.OwnKeySetAsideScalarFieldEnum,
  signing_keys: Prisma.KeptSigningKeyScalarFieldEnum,
  client_limits: Prisma.ClientLimitScalarFieldEnum,
};

test('the Prisma model has every table and column of the migrations, and no other', async () => {
  expect(columnsOfModels(MODELS)).toEqual(await columnsInDatabase(queries, database.schema));
  expect(Object.keys(Prisma.ModelName)).toHaveLength(Object.keys(MODELS).length);
});
