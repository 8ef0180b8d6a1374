import { Injectable } from '@nestjs/common';
import { DEFAULT_TIMEOUT_MS, type RequestContract } from '@gatehouse/contracts/contract';
import { presence } from '@gatehouse/contracts/token-vault/presence';
import { activeSpan, traced } from '@gatehouse/kernel/active-span';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { NatsRecordBuilder } from '@nestjs/microservices';
import { headers } from '@nats-io/transport-node';
import {
  concatMap,
  firstValueFrom,
  ignoreElements,
  type Observable,
  race,
  repeat,
  timeout,
  TimeoutError,
  timer,
} from 'rxjs';
import type { z } from 'zod';
import { AskBudget } from './ask-budget.js';
import { ASK_AGAIN_AFTER_MS, askedAgain } from './asked-again.js';
import { BusConnection } from './bus-connection.js';
import { PROOF_HEADER, proveRequest } from './request-proof.js';
import { fromRpcError } from './rpc-error.js';
import { fullSubject } from './subjects.js';
import { TIME_LEFT_HEADER } from './time-left.js';
import { addTrace, attributesOf } from './traced-messages.js';

export interface AskOptions {
  /** Milliseconds since the epoch; the contract's own time limit holds as well. */
  readonly deadlineAtMs?: number;
}

@Injectable()
export class ContractClient {
  readonly #budgets = new Map<string, AskBudget>();

  constructor(private readonly bus: BusConnection) {}

  /**
   * Sends a request and waits for its reply.
   * @throws {GatehouseError} a code of the contract; `unavailable` when nobody answers in time or the bus is away.
   */
  async ask<Request extends z.ZodType, Reply extends z.ZodType>(
    contract: RequestContract<Request, Reply>,
    request: z.input<Request>,
    options: AskOptions = {},
  ): Promise<z.output<Reply>> {
    // The span is made only where a trace is recorded.
    if (activeSpan() === undefined) return await this.#ask(contract, request, options);
    const step = {
      name: `send ${contract.subject}`,
      kind: 'client',
      attributes: attributesOf(contract),
    } as const;
    return await traced(step, async () => await this.#ask(contract, request, options));
  }

  async #ask<Request extends z.ZodType, Reply extends z.ZodType>(
    contract: RequestContract<Request, Reply>,
    request: z.input<Request>,
    options: AskOptions,
  ): Promise<z.output<Reply>> {
    const nowMs = Date.now();
    const deadlineAtMs = Math.min(
      options.deadlineAtMs ?? Number.POSITIVE_INFINITY,
      nowMs + contract.timeoutMs,
    );
    if (deadlineAtMs <= nowMs)
      throw new GatehouseError('deadline_exceeded', `no time left for ${contract.subject}`);
    const isLong = contract.timeoutMs > DEFAULT_TIMEOUT_MS && contract.answeredBy === presence.answeredBy;
    if (isLong && !contract.idempotent) await this.ask(presence, {});
    const { gatewayName, service, requestKeys } = this.bus.options;
    const subject = fullSubject(gatewayName, contract.subject);
    const header = headers();
    header.set(TIME_LEFT_HEADER, String(deadlineAtMs - Date.now()));
    addTrace(header);
    if (contract.proven)
      header.set(PROOF_HEADER, await proveRequest({ contract, subject, request }, service, requestKeys));
    const record = new NatsRecordBuilder(request).setHeaders(header).build();
    let answer: unknown;
    try {
      const send = () => this.bus.client.send<unknown>(subject, record);
      const sent = contract.idempotent ? askedAgain(send, this.#budgetOf(contract)) : send();
      const waited = isLong && contract.idempotent ? race(sent, this.#absence()) : sent;
      answer = await firstValueFrom(waited.pipe(timeout(deadlineAtMs - nowMs)));
    } catch (error) {
      throw asGatehouseError(error, contract.subject);
    }
    const parsed = contract.reply.safeParse(answer);
    if (!parsed.success)
      throw new GatehouseError('internal', `${contract.subject}: the reply is not of the contract's shape`);
    return parsed.data;
  }

  /** A kind of request that is late everywhere must not use up the budget of the others. */
  #budgetOf({ subject }: RequestContract): AskBudget {
    const budget = this.#budgets.get(subject) ?? new AskBudget();
    this.#budgets.set(subject, budget);
    return budget;
  }

  /**
   * Across accounts, the bus does not say that nobody listens. Where an answer may take long, this finds a missing
   * service before the long time limit does. @throws when nobody listens; while somebody does it goes on looking.
   */
  #absence(): Observable<never> {
    return timer(ASK_AGAIN_AFTER_MS).pipe(
      concatMap(() => this.ask(presence, {})),
      repeat(),
      ignoreElements(),
    );
  }
}

/**
 * A typed error is a plain object with a code. Any other error means that there was no answer (timeout, no responder,
 * no bus).
 */
function asGatehouseError(error: unknown, subject: string): GatehouseError {
  if (error instanceof TimeoutError)
    return new GatehouseError('unavailable', `${subject}: no answer in time`);
  if (typeof error === 'object' && error !== null && !(error instanceof Error) && 'code' in error)
    return fromRpcError(error, subject);
  return new GatehouseError('unavailable', `${subject}: nobody answers`, { cause: error });
}
