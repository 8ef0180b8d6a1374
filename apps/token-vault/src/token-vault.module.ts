import { type DynamicModule, Module } from '@nestjs/common';
import type { TokenVaultPart } from '@gatehouse/config/parts';
import type { Log } from '@gatehouse/observability/log';
import { PersistenceModule } from '@gatehouse/persistence/persistence.module';
import { FoundationModule } from '@gatehouse/service-process/foundation.module';
import { ConnectionsModule } from './connections/connections.module.js';
import { CredentialsModule } from './credentials/credentials.module.js';
import { HousekeepingModule } from './housekeeping/housekeeping.module.js';
import { Jobs } from './jobs.js';

/** The vault: OAuth client of the upstream providers, and custodian of every token that they give. */
@Module({})
export class TokenVaultModule {
  static forRoot(config: TokenVaultPart, log: Log): DynamicModule {
    return {
      module: TokenVaultModule,
      imports: [
        FoundationModule.forRoot('token-vault', config, log),
        PersistenceModule.forService('token-vault', config.databaseUrl),
        ConnectionsModule,
        CredentialsModule,
        HousekeepingModule,
      ],
      providers: [Jobs],
    };
  }
}
