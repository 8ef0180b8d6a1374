import { systemClock } from '@gatehouse/kernel/clock';
import type { Secret } from '@gatehouse/kernel/secret';
import type { Service } from '@gatehouse/kernel/services';
import { busOptionsOf, type BusOptions } from '@gatehouse/messaging/bus-options';
import { MessagingModule } from '@gatehouse/messaging/messaging.module';
import type { Log } from '@gatehouse/observability/log';
import { ObservabilityModule } from '@gatehouse/observability/observability.module';
import { PersistenceModule } from '@gatehouse/persistence/persistence.module';
import { schemaOf } from '@gatehouse/persistence/schema-of';
import { type DynamicModule, Module } from '@nestjs/common';
import { CLOCK, CONFIG } from './injected.js';

/** What every part of the configuration has. */
interface ServicePart {
  readonly name: string;
  readonly nats: Pick<BusOptions, 'servers' | 'user' | 'password' | 'requestKeys'>;
  /** Of a service with a database. */
  readonly databaseUrl?: Secret;
}

/**
 * What each service stands on: its part of the configuration, the clock, log, metrics and health, its side of the bus, and
 * its database where it has one (in the schema that bears its name). Global.
 */
@Module({})
export class FoundationModule {
  static forRoot(service: Service, part: ServicePart, log: Log): DynamicModule {
    const database =
      part.databaseUrl === undefined
        ? []
        : [
            PersistenceModule.forRoot({
              url: part.databaseUrl,
              schema: schemaOf(service),
              applicationName: `gatehouse-${service}`,
            }),
          ];
    return {
      module: FoundationModule,
      global: true,
      imports: [
        ObservabilityModule.forRoot(log),
        MessagingModule.forRoot(busOptionsOf(service, part)),
        ...database,
      ],
      providers: [
        { provide: CONFIG, useValue: part },
        { provide: CLOCK, useValue: systemClock },
      ],
      exports: [CONFIG, CLOCK],
    };
  }
}
