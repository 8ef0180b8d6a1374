import { type DynamicModule, Module } from '@nestjs/common';
import { Log } from '@gatehouse/observability/log';
import { Readiness } from '@gatehouse/observability/readiness';
import { AnswererWatch } from './answerer-watch.js';
import { BusConnection } from './bus-connection.js';
import type { BusOptions } from './bus-options.js';
import { ContractClient } from './contract-client.js';
import { EventBus } from './event-bus.js';
import { KeyValueBuckets } from './key-value.js';
import { StoreWatch } from './store-watch.js';

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
          inject: [Log, Readiness],
          useFactory: (log: Log, readiness: Readiness) => new BusConnection(options, log, readiness),
        },
        ContractClient,
        EventBus,
        KeyValueBuckets,
        StoreWatch,
        AnswererWatch,
      ],
      exports: [ContractClient, EventBus, KeyValueBuckets, AnswererWatch],
    };
  }
}
