import { busOptionsOf } from '@gatehouse/messaging/bus-options';
import type { VmcpProxyPart } from '@gatehouse/config/parts';
import { ContractClient } from '@gatehouse/messaging/contract-client';
import { EventBus } from '@gatehouse/messaging/event-bus';
import { KeyValueBuckets } from '@gatehouse/messaging/key-value';
import { MessagingModule } from '@gatehouse/messaging/messaging.module';
import { LivenessController } from '@gatehouse/observability/liveness.controller';
import { ClockSkews } from '@gatehouse/observability/clock-skews';
import { Log } from '@gatehouse/observability/log';
import { Metrics } from '@gatehouse/observability/metrics';
import { ObservabilityModule } from '@gatehouse/observability/observability.module';
import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { MetadataController } from './edge/metadata.controller.js';
import { makeGateway, type Gateway } from './gateway.js';
import { dropCachesOnEvents } from './invalidation.js';
import { Jobs } from './jobs.js';
import { Presence } from './presence.js';
import { PROXY_PART } from './proxy-part.js';

/** Injection token of the {@link Gateway}. */
export const GATEWAY = Symbol('the gateway');

@Module({})
export class VmcpProxyModule implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #presence: Presence;

  constructor(
    @Inject(GATEWAY) private readonly gateway: Gateway,
    private readonly events: EventBus,
    log: Log,
  ) {
    this.#presence = new Presence(events, gateway.caches.sessions, log);
  }

  static forRoot(part: VmcpProxyPart, log: Log): DynamicModule {
    return {
      module: VmcpProxyModule,
      imports: [ObservabilityModule.forRoot(log), MessagingModule.forRoot(busOptionsOf('vmcp-proxy', part))],
      controllers: [LivenessController, MetadataController],
      providers: [
        { provide: PROXY_PART, useValue: part },
        Jobs,
        {
          provide: GATEWAY,
          inject: [ContractClient, KeyValueBuckets, EventBus, Log, Metrics, ClockSkews],
          useFactory: async (
            contracts: ContractClient,
            buckets: KeyValueBuckets,
            events: EventBus,
            logger: Log,
            metrics: Metrics,
            clocks: ClockSkews,
          ) => await makeGateway(part, { contracts, buckets, events, log: logger, metrics, clocks }),
        },
      ],
    };
  }

  /** The bus is connected by now. */
  onApplicationBootstrap(): void {
    dropCachesOnEvents(this.events, this.gateway.caches, (tsid) => {
      this.#presence.dropped(tsid);
    });
    this.#presence.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.#presence.stop();
    await this.gateway.close();
  }
}
