import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import { CONFIG, type Config } from '../config.js';
import { PrismaClient } from '../generated/prisma/client.js';

export const SCHEMA = 'authorization_server';
/** These rows are read on pages and at the end of a sign-in; the hot path has its own pool. */
const MAX_CONNECTIONS = 4;

/** Ordinary rows: accounts, identities, approvals, sessions. Whatever needs a compare-and-set goes through `Database`. */
@Injectable()
export class Rows extends PrismaClient implements OnApplicationShutdown {
  constructor(@Inject(CONFIG) { databaseUrl }: Pick<Config, 'databaseUrl'>) {
    super({
      adapter: new PrismaPg(
        {
          connectionString: databaseUrl.reveal(),
          max: MAX_CONNECTIONS,
          application_name: 'gatehouse-authorization-server-rows',
          options: `-c search_path=${SCHEMA}`,
        },
        { schema: SCHEMA },
      ),
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.$disconnect();
  }
}
