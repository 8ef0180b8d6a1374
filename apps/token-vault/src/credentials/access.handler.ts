import { Controller } from '@nestjs/common';
import { accessJudge } from '@gatehouse/contracts/token-vault/access-judge';
import { Answers } from '@gatehouse/messaging/answers';
import { Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { JudgePerson } from './judge-person.flow.js';

@Controller()
export class AccessHandler {
  constructor(private readonly judgment: JudgePerson) {}

  @Answers(accessJudge)
  async judge(
    @Payload() request: z.output<typeof accessJudge.request>,
  ): Promise<z.input<typeof accessJudge.reply>> {
    return await this.judgment.judge(request);
  }
}
