import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { AuditLog } from './audit-log.js';
import { ClockSkews } from './clock-skews.js';
import { Log } from './log.js';
import { Metrics } from './metrics.js';
import { Readiness } from './readiness.js';
import { SetAsideRows } from './set-aside-rows.js';
import { Tracing, type TraceSettings } from './tracing.js';

/** What a service tells beside its log. */
export interface ToldOf {
  readonly service: string;
  /** Name of the gateway. */
  readonly gateway: string;
  readonly otlp: TraceSettings | undefined;
  readonly isAudited: boolean;
}

/** Where nothing is configured. */
const NOTHING: ToldOf = { service: '', gateway: '', otlp: undefined, isAudited: false };

/** Log, metrics, traces, audit lines and health of one service; global. */
@Module({})
export class ObservabilityModule implements OnApplicationShutdown {
  constructor(@Inject(Tracing) private readonly tracing: Tracing) {}

  static forRoot(log: Log, told: ToldOf = NOTHING): DynamicModule {
    return {
      module: ObservabilityModule,
      global: true,
      providers: [
        { provide: Log, useValue: log },
        Metrics,
        ClockSkews,
        Readiness,
        SetAsideRows,
        {
          provide: Tracing,
          inject: [Metrics],
          useFactory: async (metrics: Metrics) => await Tracing.from(told.otlp, told, log, metrics),
        },
        {
          provide: AuditLog,
          inject: [Metrics],
          useFactory: (metrics: Metrics) =>
            new AuditLog({ service: told.service, isOn: told.isAudited }, log, metrics),
        },
      ],
      exports: [Log, Metrics, ClockSkews, Readiness, SetAsideRows, Tracing, AuditLog],
    };
  }

  /** What still ends while the service stops is sent with the rest, if there is time for it. */
  async onApplicationShutdown(): Promise<void> {
    await this.tracing.close();
  }
}
