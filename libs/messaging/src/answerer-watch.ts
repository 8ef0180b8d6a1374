import { Injectable } from '@nestjs/common';
import type { RequestContract } from '@gatehouse/contracts/contract';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { Readiness } from '@gatehouse/observability/readiness';
import type { z } from 'zod';
import { ContractClient } from './contract-client.js';

/** Longer than readiness waits; its own limit. */
const ANSWER_WITHIN_MS = 5 * SECOND_MS;

/** A part of readiness, named after another service: whether that service answers. */
@Injectable()
export class AnswererWatch {
  constructor(
    private readonly contracts: ContractClient,
    private readonly readiness: Readiness,
  ) {}

  /** @param question something that costs the other service next to nothing */
  watch<Reply extends z.ZodType>(question: RequestContract<z.ZodObject, Reply>): void {
    this.readiness.part(question.answeredBy, async () => {
      await this.contracts.ask(question, {}, { deadlineAtMs: Date.now() + ANSWER_WITHIN_MS });
    });
  }
}
