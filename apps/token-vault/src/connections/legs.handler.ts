import { Controller } from '@nestjs/common';
import { attemptDiscard } from '@gatehouse/contracts/token-vault/attempt-discard';
import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import { connectionComplete } from '@gatehouse/contracts/token-vault/connection-complete';
import { Answers } from '@gatehouse/messaging/answers';
import { Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { Outbox } from '../outbox/outbox.flow.js';
import { BeginConnection } from './begin-connection.flow.js';
import { CompleteConnection } from './complete-connection.flow.js';
import { DiscardAttempt } from './discard-attempt.flow.js';

@Controller()
export class LegsHandler {
  constructor(
    private readonly beginConnection: BeginConnection,
    private readonly completeConnection: CompleteConnection,
    private readonly discardAttempt: DiscardAttempt,
    private readonly outbox: Outbox,
  ) {}

  @Answers(connectionBegin)
  async begin(
    @Payload() request: z.output<typeof connectionBegin.request>,
  ): Promise<z.input<typeof connectionBegin.reply>> {
    return await this.beginConnection.run(request);
  }

  @Answers(connectionComplete)
  async complete(
    @Payload() request: z.output<typeof connectionComplete.request>,
  ): Promise<z.input<typeof connectionComplete.reply>> {
    return await this.completeConnection.run(request);
  }

  @Answers(attemptDiscard)
  async discard(
    @Payload() request: z.output<typeof attemptDiscard.request>,
  ): Promise<z.input<typeof attemptDiscard.reply>> {
    const discarded = await this.discardAttempt.run(request.attemptId);
    this.outbox.wake();
    return { discarded };
  }
}
