import { type ArgumentsHost, Catch, type RpcExceptionFilter } from '@nestjs/common';
import { referenceOf } from '@gatehouse/kernel/failure-reference';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { REQUESTS } from '@gatehouse/contracts/table';
import { Log } from '@gatehouse/observability/log';
import { NatsContext } from '@nestjs/microservices';
import { type Observable, throwError } from 'rxjs';
import { toRpcError } from './rpc-error.js';

/**
 * Every error that leaves a service over the bus passes here. The typed code is sent; the internal text is logged and
 * not sent.
 */
@Catch()
export class RpcErrorFilter implements RpcExceptionFilter {
  constructor(private readonly log: Log) {}

  catch(exception: unknown, host: ArgumentsHost): Observable<never> {
    const subject = host.switchToRpc().getContext<NatsContext>().getSubject();
    const contract = REQUESTS.find((candidate) => subject.endsWith(`.${candidate.subject}`));
    const error = GatehouseError.from(exception);
    const answer = toRpcError(error, contract?.errors ?? []);
    if (error.facts.owner !== 'us' && answer.code === error.code) return throwError(() => answer);
    // Whoever asked shows the number; it says nothing of what happened.
    const reference = referenceOf(error);
    this.log.failure('request-failed', error, { subject: contract?.subject ?? 'unknown', reference });
    return throwError(() => ({ ...answer, details: { ...answer.details, reference } }));
  }
}
