import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Log } from '@gatehouse/observability/log';
import { limitedPool } from '@gatehouse/persistence/limited-pool';
import { schemaOf } from '@gatehouse/persistence/schema-of';
import { PrismaPg } from '@prisma/adapter-pg';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { PrismaClient } from '../generated/client.js';

const SCHEMA = schemaOf('authorization-server');
/** These rows are read on pages and at the end of a sign-in; the hot path has its own pool. */
const MAX_CONNECTIONS = 4;

/** Ordinary rows: accounts, identities, approvals, sessions. Statements with a compare-and-set go through `Database`. */
@Injectable()
export class Rows extends PrismaClient implements OnApplicationShutdown {
  constructor(@Inject(CONFIG) { databaseUrl: url }: Pick<AuthorizationServerPart, 'databaseUrl'>, log: Log) {
    const applicationName = 'gatehouse-authorization-server-rows';
    const pool = limitedPool({ url, schema: SCHEMA, applicationName, maxConnections: MAX_CONNECTIONS }, log);
    super({ adapter: new PrismaPg(pool, { schema: SCHEMA, disposeExternalPool: true }) });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.$disconnect();
  }
}
