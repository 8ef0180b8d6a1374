import type { VmcpProxyPart } from '@gatehouse/config/parts';
import { mcpSessionSignalled } from '@gatehouse/contracts/events/mcp-session-signalled';
import { mcpStreamHanded } from '@gatehouse/contracts/events/mcp-stream-handed';
import { ContractClient } from '@gatehouse/messaging/contract-client';
import { EventBus } from '@gatehouse/messaging/event-bus';
import { KeyValueBuckets } from '@gatehouse/messaging/key-value';
import { LivenessController } from '@gatehouse/observability/liveness.controller';
import { ClockSkews } from '@gatehouse/observability/clock-skews';
import { AuditLog } from '@gatehouse/observability/audit-log';
import { Log } from '@gatehouse/observability/log';
import { Metrics } from '@gatehouse/observability/metrics';
import { Tracing } from '@gatehouse/observability/tracing';
import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { EndpointPaths } from './edge/endpoint-paths.js';
import { MetadataController } from './edge/metadata.controller.js';
import { makeGateway, type Gateway } from './gateway.js';
import { dropCachesOnEvents } from './invalidation.handler.js';
import { Jobs } from './jobs.js';
import { Presence } from './presence.job.js';
import { FoundationModule } from '@gatehouse/service-process/foundation.module';

/** Injection token of the {@link Gateway}. */
export const GATEWAY = Symbol('the gateway');

const INJECTED = [ContractClient, KeyValueBuckets, EventBus, Log, Metrics, ClockSkews, Tracing, AuditLog];
type Injected = [ContractClient, KeyValueBuckets, EventBus, Log, Metrics, ClockSkews, Tracing, AuditLog];

@Module({})
export class VmcpProxyModule
  implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  readonly #presence: Presence;

  constructor(
    @Inject(GATEWAY) private readonly gateway: Gateway,
    private readonly events: EventBus,
    private readonly log: Log,
  ) {
    this.#presence = new Presence(events, gateway.caches.sessions, log);
  }

  static forRoot(part: VmcpProxyPart, log: Log, paths: EndpointPaths): DynamicModule {
    return {
      module: VmcpProxyModule,
      imports: [FoundationModule.forRoot('vmcp-proxy', part, log)],
      controllers: [LivenessController, MetadataController],
      providers: [
        Jobs,
        { provide: EndpointPaths, useValue: paths },
        {
          provide: GATEWAY,
          inject: INJECTED,
          useFactory: async (...given: Injected) => {
            const [contracts, buckets, events, logger, metrics, clocks, tracing, audit] = given;
            const told = { log: logger, metrics, clocks, tracing, audit };
            return await makeGateway(part, { contracts, buckets, events, ...told });
          },
        },
      ],
    };
  }

  /** The bus is connected by now. */
  onApplicationBootstrap(): void {
    dropCachesOnEvents(this.events, this.gateway.caches, (tsid) => {
      this.#presence.dropped(tsid);
    });
    this.events.subscribe(mcpSessionSignalled, (signal) => {
      this.gateway.signals.heard(signal).catch((error: unknown) => {
        this.log.failure('session-signal-not-understood', error);
      });
    });
    this.events.subscribe(mcpStreamHanded, (handed) => {
      this.gateway.handovers.heard(handed).catch((error: unknown) => {
        this.log.failure('handed-stream-not-understood', error);
      });
    });
    this.#presence.start();
    this.gateway.prober.start();
  }

  /** The listener closes after it, and the bus. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.gateway.endParked();
  }

  async onApplicationShutdown(): Promise<void> {
    this.#presence.stop();
    this.gateway.prober.stop();
    await this.gateway.close();
  }
}
