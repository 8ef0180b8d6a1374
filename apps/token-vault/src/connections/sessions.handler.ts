import { Controller } from '@nestjs/common';
import { sessionClose } from '@gatehouse/contracts/token-vault/session-close';
import { sessionOpen } from '@gatehouse/contracts/token-vault/session-open';
import { Answers } from '@gatehouse/messaging/answers';
import { Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { OpenSession } from './open-session.flow.js';
import { SessionStore } from './session.store.js';

@Controller()
export class SessionsHandler {
  constructor(
    private readonly openSession: OpenSession,
    private readonly sessions: SessionStore,
  ) {}

  @Answers(sessionOpen)
  async open(
    @Payload() request: z.output<typeof sessionOpen.request>,
  ): Promise<z.input<typeof sessionOpen.reply>> {
    return await this.openSession.run(request);
  }

  @Answers(sessionClose)
  async close(
    @Payload() request: z.output<typeof sessionClose.request>,
  ): Promise<z.input<typeof sessionClose.reply>> {
    return { closed: await this.sessions.close(request.tsid) };
  }
}
