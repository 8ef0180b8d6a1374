import { type DynamicModule, Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { Log } from './log.js';
import { MetricsController } from './metrics.controller.js';
import { Metrics } from './metrics.js';
import { ReadinessChecks } from './readiness-checks.js';
import { SetAsideRows } from './set-aside-rows.js';

/** Log, metrics and health of one service; global. `GET /healthz`, `/readyz` and `/metrics` come with it. */
@Module({})
export class ObservabilityModule {
  static forRoot(log: Log): DynamicModule {
    return {
      module: ObservabilityModule,
      global: true,
      controllers: [HealthController, MetricsController],
      providers: [{ provide: Log, useValue: log }, Metrics, ReadinessChecks, SetAsideRows],
      exports: [Log, Metrics, ReadinessChecks, SetAsideRows],
    };
  }
}
