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
import type { MsgHdrs, NatsConnection, Subscription, SubscriptionOptions } from '@nats-io/transport-node';
import { setImmediate } from 'node:timers/promises';
import { throwError } from 'rxjs';
import type { Tracing } from '@gatehouse/observability/tracing';
import { type BusOptions, connectionOptions } from './bus-options.js';
import { isProven, PROOF_HEADER } from './request-proof.js';
import { toRpcError } from './rpc-error.js';
import { fullSubject } from './subjects.js';
import { tracedHandler } from './traced-messages.js';

/**
 * Nest's NATS server, with the gateway's prefix before each subject and the service's queue group on it. A request
 * whose contract asks for a proof reaches its handler only with one; the handler has nothing to do for it.
 */
class ContractServer extends ServerNats implements CustomTransportStrategy {
  readonly #bus: BusOptions;
  readonly #subscriptions: Subscription[] = [];
  #connection: NatsConnection | undefined;
  #answering = 0;
  #idle: (() => void) | undefined;

  constructor(
    options: BusOptions,
    private readonly tracing: Tracing | undefined,
  ) {
    super({
      ...connectionOptions(options),
      queue: options.service,
    });
    this.#bus = options;
    this.setOnProcessingStartHook((_transport, _context, done) => {
      this.#answering += 1;
      // Nest passes the returned value on to what waits for the end of the message.
      return done() as unknown as undefined;
    });
    this.setOnProcessingEndHook(() => {
      this.#answering -= 1;
      if (this.#answering === 0) this.#idle?.();
    });
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
    const traced =
      contract === undefined || this.tracing === undefined
        ? handler
        : tracedHandler(this.tracing, contract, handler);
    super.addHandler(subject, traced, isEventHandler, extras ?? {});
  }

  /**
   * Leaves the queue group, finishes the requests that it already has, and then closes. The process limits how long
   * that takes.
   */
  override async close(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    // After one round trip, everything that the server sent before has arrived.
    await this.#connection?.flush().catch(() => undefined);
    while (this.#answering > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    // The last replies are written a tick after their work is done.
    await setImmediate();
    await this.#connection?.flush().catch(() => undefined);
    await super.close();
  }

  override async createNatsClient(): Promise<NatsConnection> {
    const connection = (await super.createNatsClient()) as NatsConnection;
    this.#connection = connection;
    return connection;
  }

  override bindEvents(connection: NatsConnection): void {
    super.bindEvents({
      subscribe: (subject: string, options: SubscriptionOptions) => {
        const subscription = connection.subscribe(subject, options);
        this.#subscriptions.push(subscription);
        return subscription;
      },
    });
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

/** For `app.connectMicroservice({ strategy: contractServer(options) })`. */
export const contractServer = (options: BusOptions, tracing?: Tracing): CustomTransportStrategy =>
  new ContractServer(options, tracing);
