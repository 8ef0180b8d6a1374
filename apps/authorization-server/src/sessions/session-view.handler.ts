import { Controller } from '@nestjs/common';
import { sessionView } from '@gatehouse/contracts/authorization-server/session-view';
import { Answers } from '@gatehouse/messaging/answers';
import { Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { SessionStore } from './session.store.js';

@Controller()
export class SessionViewHandler {
  constructor(private readonly sessions: SessionStore) {}

  @Answers(sessionView)
  async view(
    @Payload() { tsid }: z.output<typeof sessionView.request>,
  ): Promise<z.input<typeof sessionView.reply>> {
    const session = await this.sessions.findOpen(tsid);
    return session === undefined
      ? { state: 'closed' }
      : { state: 'open', accountId: session.accountId, clientId: session.clientId };
  }
}
