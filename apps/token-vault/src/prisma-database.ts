import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Log } from '@gatehouse/observability/log';
import { limitedPool } from '@gatehouse/persistence/limited-pool';
import { PrismaPg } from '@prisma/adapter-pg';
import { VAULT_CONFIG, type VaultConfig } from './config.js';
import { PrismaClient } from './generated/client.js';

export const SCHEMA = 'token_vault';
const MAX_CONNECTIONS = 2;

/** For ordinary reads; whatever is compared and set, or hot, goes through `Database`. */
@Injectable()
export class PrismaDatabase implements OnApplicationShutdown {
  readonly client: PrismaClient;

  constructor(@Inject(VAULT_CONFIG) { databaseUrl: url }: VaultConfig, log: Log) {
    const pool = limitedPool(
      { url, schema: SCHEMA, applicationName: 'token-vault-reads', maxConnections: MAX_CONNECTIONS },
      log,
    );
    const adapter = new PrismaPg(pool, { schema: SCHEMA, disposeExternalPool: true });
    this.client = new PrismaClient({ adapter });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.client.$disconnect();
  }
}
