import { type DynamicModule, Module } from '@nestjs/common';
import { Log } from '@gatehouse/observability/log';
import { ReadinessChecks } from '@gatehouse/observability/readiness-checks';
import { BusConnection } from './bus-connection.js';
import type { BusOptions } from './bus-options.js';
import { ContractClient } from './contract-client.js';
import { EventBus } from './event-bus.js';
import { KeyValueBuckets } from './key-value.js';

/** The service's side of the bus; global. Requests are answered by `contractServer`. */
@Module({})
export class MessagingModule {
  static forRoot(options: BusOptions): DynamicModule {
    return {
      module: MessagingModule,
      global: true,
      providers: [
        {
          provide: BusConnection,
          inject: [Log, ReadinessChecks],
          useFactory: (log: Log, readiness: ReadinessChecks) => new BusConnection(options, log, readiness),
        },
        ContractClient,
        EventBus,
        KeyValueBuckets,
      ],
      exports: [ContractClient, EventBus, KeyValueBuckets],
    };
  }
}
