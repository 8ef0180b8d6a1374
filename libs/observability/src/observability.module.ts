import { type DynamicModule, Module } from '@nestjs/common';
import { ClockSkews } from './clock-skews.js';
import { Log } from './log.js';
import { Metrics } from './metrics.js';
import { Readiness } from './readiness.js';
import { SetAsideRows } from './set-aside-rows.js';

/** Log, metrics and health of one service; global. */
@Module({})
export class ObservabilityModule {
  static forRoot(log: Log): DynamicModule {
    return {
      module: ObservabilityModule,
      global: true,
      providers: [{ provide: Log, useValue: log }, Metrics, ClockSkews, Readiness, SetAsideRows],
      exports: [Log, Metrics, ClockSkews, Readiness, SetAsideRows],
    };
  }
}
