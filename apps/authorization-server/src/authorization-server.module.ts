import { type DynamicModule, Global, Module } from '@nestjs/common';
import { MessagingModule } from '@gatehouse/messaging/messaging.module';
import { busOptionsOf } from '@gatehouse/messaging/bus-options';
import { LivenessController } from '@gatehouse/observability/liveness.controller';
import type { Log } from '@gatehouse/observability/log';
import { ObservabilityModule } from '@gatehouse/observability/observability.module';
import { PersistenceModule } from '@gatehouse/persistence/persistence.module';
import { CONFIG, type Config } from './config.js';
import { ConnectionsModule } from './connections/connections.module.js';
import { HttpModule } from './http/http.module.js';
import { Jobs } from './jobs.js';
import { SCHEMA } from './rows/rows.store.js';
import { SignInChainModule } from './sign-in-chain/sign-in-chain.module.js';

@Global()
@Module({})
class ConfigModule {
  static forRoot(config: Config): DynamicModule {
    return { module: ConfigModule, providers: [{ provide: CONFIG, useValue: config }], exports: [CONFIG] };
  }
}

@Module({})
export class AuthorizationServerModule {
  static forRoot(config: Config, log: Log): DynamicModule {
    return {
      module: AuthorizationServerModule,
      controllers: [LivenessController],
      providers: [Jobs],
      imports: [
        ConfigModule.forRoot(config),
        ObservabilityModule.forRoot(log),
        PersistenceModule.forRoot({
          url: config.databaseUrl,
          schema: SCHEMA,
          applicationName: 'gatehouse-authorization-server',
        }),
        MessagingModule.forRoot(busOptionsOf('authorization-server', config)),
        HttpModule,
        SignInChainModule,
        ConnectionsModule,
      ],
    };
  }
}
