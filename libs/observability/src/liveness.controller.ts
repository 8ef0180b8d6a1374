import { Controller, Get, Header } from '@nestjs/common';

/** For the public listener of a service: whoever stands before it can ask whether it answers, and learns nothing more. */
@Controller()
export class LivenessController {
  /** The process runs. It says nothing of what it depends on, so that an outage elsewhere restarts nobody. */
  @Get('healthz')
  @Header('cache-control', 'no-store')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }
}
