import { Database } from '@gatehouse/persistence/database';
import { startTestDatabase } from '@gatehouse/testing/postgres';
import { SilentLog } from '@gatehouse/testing/silent-log';
import type { TokenVaultPart } from '@gatehouse/config/parts';
import { PrismaDatabase, SCHEMA } from '../prisma-database.js';
import { vaultConfig } from './vault-config.js';

/** The vault's database and both ways to it, with no vault and no bus. */
export interface VaultStores {
  readonly config: TokenVaultPart;
  readonly rows: Database;
  readonly prisma: PrismaDatabase;
  readonly close: () => Promise<void>;
}

export async function startVaultStores(): Promise<VaultStores> {
  const database = await startTestDatabase('token-vault');
  const { url } = database;
  const rows = new Database({ url, schema: SCHEMA, applicationName: 'test' }, new SilentLog());
  const bus = {
    servers: [],
    user: '',
    password: url,
    gatewayName: 'test',
    service: 'token-vault',
    requestKeys: [],
  } as const;
  const config = vaultConfig({ databaseUrl: url, bus, providers: [], backends: {} });
  const prisma = new PrismaDatabase(config, new SilentLog());
  return {
    config,
    rows,
    prisma,
    close: async () => {
      await Promise.all([rows.onApplicationShutdown(), prisma.onApplicationShutdown()]);
      await database.close();
    },
  };
}
