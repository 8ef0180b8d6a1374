import { systemClock } from '@gatehouse/kernel/clock';
import type { Service } from '@gatehouse/kernel/services';
import { busOptionsOf, type BusOptions } from '@gatehouse/messaging/bus-options';
import { MessagingModule } from '@gatehouse/messaging/messaging.module';
import type { Log } from '@gatehouse/observability/log';
import type { Telemetry } from '@gatehouse/config/model/telemetry';
import type { Secret } from '@gatehouse/kernel/secret';
import { ObservabilityModule, type ToldOf } from '@gatehouse/observability/observability.module';
import { type DynamicModule, Module } from '@nestjs/common';
import { CLOCK, CONFIG } from './injected.js';

/** What every part of the configuration has. */
interface ServicePart {
  readonly name: string;
  readonly telemetry: Telemetry<Secret>;
  readonly nats: Pick<BusOptions, 'servers' | 'user' | 'password' | 'requestKeys'>;
}

const toldOf = (service: Service, { name, telemetry: { otlp, audit } }: ServicePart): ToldOf => ({
  service,
  gateway: name,
  otlp,
  isAudited: audit.enabled,
});

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
