import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  type PipeTransform,
  UseFilters,
  UseGuards,
  UsePipes,
} from '@nestjs/common';
import type { ArgumentMetadata } from '@nestjs/common';
import type { RequestContract } from '@gatehouse/contracts/contract';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { MessagePattern, NatsContext } from '@nestjs/microservices';
import type { MsgHdrs } from '@nats-io/transport-node';

import { RpcErrorFilter } from './rpc-error.filter.js';
import { isOver, TIME_LEFT_HEADER } from './time-left.js';

/**
 * Marks the method that answers a contract's requests. It gets the parsed request as its payload; a request of another
 * shape, or one whose caller has stopped waiting, is refused before the method runs.
 */
export function Answers(contract: RequestContract): MethodDecorator {
  return applyDecorators(
    MessagePattern(contract.subject),
    UseGuards(DeadlineGuard),
    UsePipes(new ContractPipe(contract)),
    UseFilters(RpcErrorFilter),
  );
}

/** Work that nobody waits for any more is not begun. */
@Injectable()
class DeadlineGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const headers = context.switchToRpc().getContext<NatsContext>().getHeaders() as MsgHdrs | undefined;
    if (isOver(headers?.get(TIME_LEFT_HEADER))) throw new GatehouseError('deadline_exceeded');
    return true;
  }
}

class ContractPipe implements PipeTransform {
  constructor(private readonly contract: RequestContract) {}

  transform(value: unknown, metadata: ArgumentMetadata): unknown {
    if (metadata.type !== 'body') return value;
    const parsed = this.contract.request.safeParse(value);
    if (parsed.success) return parsed.data;
    const paths = parsed.error.issues.map((issue) => issue.path.join('.') || '(root)').join(', ');
    throw new GatehouseError(
      'request_invalid',
      `${this.contract.subject}: not of the contract's shape at ${paths}`,
    );
  }
}
