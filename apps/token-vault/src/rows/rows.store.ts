import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Log } from '@gatehouse/observability/log';
import { limitedPool } from '@gatehouse/persistence/limited-pool';
import { schemaOf } from '@gatehouse/persistence/schema-of';
import { PrismaPg } from '@prisma/adapter-pg';
import type { TokenVaultPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { PrismaClient } from '../generated/client.js';

export const SCHEMA = schemaOf('token-vault');
const MAX_CONNECTIONS = 2;

/** Ordinary rows. Whatever is compared and set, or hot, goes through `Database`. */
@Injectable()
export class Rows extends PrismaClient implements OnApplicationShutdown {
  constructor(@Inject(CONFIG) { databaseUrl: url }: Pick<TokenVaultPart, 'databaseUrl'>, log: Log) {
    const pool = limitedPool(
      { url, schema: SCHEMA, applicationName: 'token-vault-reads', maxConnections: MAX_CONNECTIONS },
      log,
    );
    super({ adapter: new PrismaPg(pool, { schema: SCHEMA, disposeExternalPool: true }) });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.$disconnect();
  }
}
