import { Metrics } from '@gatehouse/observability/metrics';
import { Database } from '@gatehouse/persistence/database';
import { Expiry } from '@gatehouse/persistence/expiry';
import { Room } from '@gatehouse/persistence/room';
import { startTestDatabase } from '@gatehouse/testing/postgres';
import { SilentLog } from '@gatehouse/testing/silent-log';
import type { TokenVaultPart } from '@gatehouse/config/parts';
import { Rows, SCHEMA } from '../rows/rows.store.js';
import { vaultConfig } from './vault-config.js';

/** The vault's database and both ways to it, with no vault and no bus. */
export interface VaultStores {
  readonly config: TokenVaultPart;
  readonly rows: Database;
  readonly prisma: Rows;
  readonly expiry: Expiry;
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
  const prisma = new Rows(config, new SilentLog());
  return {
    config,
    rows,
    prisma,
    expiry: new Expiry(new Room(rows, new SilentLog(), new Metrics())),
    close: async () => {
      await Promise.all([rows.onApplicationShutdown(), prisma.onApplicationShutdown()]);
      await database.close();
    },
  };
}
