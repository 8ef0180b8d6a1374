import { type DynamicModule, Module } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { LivenessController } from '@gatehouse/observability/liveness.controller';
import type { Log } from '@gatehouse/observability/log';
import { PersistenceModule } from '@gatehouse/persistence/persistence.module';
import { FoundationModule } from '@gatehouse/service-process/foundation.module';
import { AdministrationModule } from './administration/administration.module.js';
import { ConnectionsModule } from './connections/connections.module.js';
import { DeviceFlowModule } from './device-flow/device-flow.module.js';
import { HousekeepingModule } from './housekeeping/housekeeping.module.js';
import { HttpModule } from './http/http.module.js';
import { Jobs } from './jobs.js';
import { LogoutModule } from './logout/logout.module.js';
import { SignInChainModule } from './sign-in-chain/sign-in-chain.module.js';

@Module({})
export class AuthorizationServerModule {
  static forRoot(config: AuthorizationServerPart, log: Log): DynamicModule {
    return {
      module: AuthorizationServerModule,
      imports: [
        FoundationModule.forRoot('authorization-server', config, log),
        PersistenceModule.forService('authorization-server', config.databaseUrl),
        HttpModule,
        SignInChainModule,
        DeviceFlowModule,
        ConnectionsModule,
        LogoutModule,
        AdministrationModule,
        HousekeepingModule,
      ],
      controllers: [LivenessController],
      providers: [Jobs],
    };
  }
}
