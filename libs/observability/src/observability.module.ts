import { type DynamicModule, Module } from '@nestjs/common';
import { Log } from './log.js';
import { Metrics } from './metrics.js';
import { ReadinessChecks } from './readiness-checks.js';
import { SetAsideRows } from './set-aside-rows.js';

/** Log, metrics and health of one service; global. */
@Module({})
export class ObservabilityModule {
  static forRoot(log: Log): DynamicModule {
    return {
      module: ObservabilityModule,
      global: true,
      providers: [{ provide: Log, useValue: log }, Metrics, ReadinessChecks, SetAsideRows],
      exports: [Log, Metrics, ReadinessChecks, SetAsideRows],
    };
  }
}
