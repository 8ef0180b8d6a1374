import type { RequestContract } from '@gatehouse/contracts/contract';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Logger } from '@nestjs/common';
import type { z } from 'zod';
import { BusConnection } from './bus-connection.js';
import type { BusOptions } from './bus-options.js';
import { ContractClient } from './contract-client.js';
import { busUnreachable } from './reachable.js';

/**
 * Asks one question in the name of a service, over a connection of its own: for the command of an operator who has what the service
 * has.
 * @throws {GatehouseError} a code of the contract; `unavailable` when the bus is away or nobody answers in time.
 */
export async function askOnce<Request extends z.ZodType, Reply extends z.ZodType>(
  options: BusOptions,
  contract: RequestContract<Request, Reply>,
  request: z.input<Request>,
): Promise<z.output<Reply>> {
  const away = await busUnreachable(options);
  if (away !== undefined) throw new GatehouseError('unavailable', away);
  // Nest's client tells standard output that it connects, which is where a command prints its answer.
  Logger.overrideLogger(false);
  const unheard = (): void => undefined;
  const bus = new BusConnection(options, { info: unheard, warn: unheard }, { part: unheard });
  await bus.onModuleInit();
  try {
    return await new ContractClient(bus).ask(contract, request);
  } finally {
    await bus.onApplicationShutdown();
  }
}
