import { Controller, Get, Header } from '@nestjs/common';

/** For the public listener of a service: a load balancer can ask whether it answers, and learns nothing else. */
@Controller()
export class LivenessController {
  /**
   * The process runs. The response says nothing about dependencies, so that an outage elsewhere restarts no replica.
   */
  @Get('healthz')
  @Header('cache-control', 'no-store')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }
}
