import { Controller, Get, Header, HttpException } from '@nestjs/common';
import { ReadinessChecks } from './readiness-checks.js';

@Controller()
export class HealthController {
  constructor(private readonly readiness: ReadinessChecks) {}

  /** The process runs. It says nothing of what it depends on, so that an outage elsewhere restarts nobody. */
  @Get('healthz')
  @Header('cache-control', 'no-store')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('readyz')
  @Header('cache-control', 'no-store')
  async ready(): Promise<{ status: 'ok' }> {
    const failing = await this.readiness.failing();
    if (failing.length > 0) throw new HttpException({ status: 'unavailable', failing }, 503);
    return { status: 'ok' };
  }
}
