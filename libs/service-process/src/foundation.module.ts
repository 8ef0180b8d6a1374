import { systemClock } from '@gatehouse/kernel/clock';
import type { Service } from '@gatehouse/kernel/services';
import { busOptionsOf, type BusOptions } from '@gatehouse/messaging/bus-options';
import { MessagingModule } from '@gatehouse/messaging/messaging.module';
import type { Log } from '@gatehouse/observability/log';
import { ObservabilityModule } from '@gatehouse/observability/observability.module';
import { type DynamicModule, Module } from '@nestjs/common';
import { CLOCK, CONFIG } from './injected.js';
import { toldOf, type TellingPart } from './told-of.js';

/** What every part of the configuration has. */
interface ServicePart extends TellingPart {
  readonly nats: Pick<BusOptions, 'servers' | 'user' | 'password' | 'requestKeys'>;
}

/**
 * What each service stands on: its part of the configuration, the clock, log, metrics and health, and its side of the bus.
 * Global. A service with a database adds `PersistenceModule`; the proxy has none, and its image has no database driver.
 */
@Module({})
export class FoundationModule {
  static forRoot(service: Service, part: ServicePart, log: Log): DynamicModule {
    return {
      module: FoundationModule,
      global: true,
      imports: [
        ObservabilityModule.forRoot(log, toldOf(service, part)),
        MessagingModule.forRoot(busOptionsOf(service, part)),
      ],
      providers: [
        { provide: CONFIG, useValue: part },
        { provide: CLOCK, useValue: systemClock },
      ],
      exports: [CONFIG, CLOCK],
    };
  }
}
