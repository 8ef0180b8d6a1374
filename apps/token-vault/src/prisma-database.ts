import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { POOL_LIMITS } from '@gatehouse/persistence/database';
import { PrismaPg } from '@prisma/adapter-pg';
import { VAULT_CONFIG, type VaultConfig } from './config.js';
import { PrismaClient } from './generated/client.js';

export const SCHEMA = 'token_vault';

/** For ordinary reads; whatever is compared and set, or hot, goes through `Database`. */
@Injectable()
export class PrismaDatabase implements OnApplicationShutdown {
  readonly client: PrismaClient;

  constructor(@Inject(VAULT_CONFIG) config: VaultConfig) {
    const adapter = new PrismaPg(
      {
        ...POOL_LIMITS,
        connectionString: config.databaseUrl.reveal(),
        application_name: 'token-vault-reads',
        max: 2,
      },
      { schema: SCHEMA },
    );
    this.client = new PrismaClient({ adapter });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.client.$disconnect();
  }
}
