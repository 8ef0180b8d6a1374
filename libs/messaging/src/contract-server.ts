import { type RequestContract } from '@gatehouse/contracts/contract';
import { REQUESTS } from '@gatehouse/contracts/table';
import { presence } from '@gatehouse/contracts/token-vault/presence';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import {
  type CustomTransportStrategy,
  type MessageHandler,
  type NatsContext,
  ServerNats,
} from '@nestjs/microservices';
import type { MsgHdrs } from '@nats-io/transport-node';
import { throwError } from 'rxjs';
import { type BusOptions, connectionOptions } from './bus-options.js';
import { isProven, PROOF_HEADER } from './request-proof.js';
import { toRpcError } from './rpc-error.js';
import { fullSubject } from './subjects.js';

/**
 * Nest's NATS server, with the gateway's prefix before each subject and the service's queue group on it. A request that
 * its contract wants proven reaches its handler only with a proof, whoever wrote the handler.
 */
class ContractServer extends ServerNats implements CustomTransportStrategy {
  readonly #bus: BusOptions;

  constructor(options: BusOptions) {
    super({
      ...connectionOptions(options),
      queue: options.service,
      gracefulShutdown: true,
      gracePeriod: SHUTDOWN_GRACE_MS,
    });
    this.#bus = options;
    if (presence.answeredBy === options.service) this.addHandler(presence.subject, () => Promise.resolve({}));
  }

  override addHandler(
    pattern: string,
    callback: MessageHandler,
    isEventHandler?: boolean,
    extras?: Record<string, unknown>,
  ): void {
    const subject = fullSubject(this.#bus.gatewayName, pattern);
    const contract = REQUESTS.find((request) => request.subject === pattern);
    const handler = contract?.proven === true ? this.#onlyProven(contract, subject, callback) : callback;
    super.addHandler(subject, handler, isEventHandler, extras ?? {});
  }

  #onlyProven(contract: RequestContract, subject: string, callback: MessageHandler): MessageHandler {
    return async (request: unknown, context: NatsContext): Promise<unknown> => {
      const headers = context.getHeaders() as MsgHdrs | undefined;
      // A header that is not there reads as an empty string.
      const proof = headers?.get(PROOF_HEADER);
      if (await isProven(proof, { contract, subject, request }, this.#bus.requestKeys))
        return (await callback(request, context)) as unknown;
      this.logger.warn(`Refused ${contract.subject}: the caller did not prove who it is.`);
      return throwError(() => toRpcError(new GatehouseError('not_allowed'), ['not_allowed']));
    };
  }
}

/** After a replica has left the queue group, requests it already has are finished for this long. */
const SHUTDOWN_GRACE_MS = 1_500;

/** For `app.connectMicroservice({ strategy: contractServer(options) })`. */
export const contractServer = (options: BusOptions): CustomTransportStrategy => new ContractServer(options);
