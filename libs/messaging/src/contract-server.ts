import { type CustomTransportStrategy, type MessageHandler, ServerNats } from '@nestjs/microservices';
import { type BusOptions, connectionOptions } from './bus-options.js';
import { fullSubject } from './subjects.js';

/** Nest's NATS server, with the gateway's prefix before each subject and the service's queue group on it. */
class ContractServer extends ServerNats implements CustomTransportStrategy {
  readonly #gatewayName: string;

  constructor(options: BusOptions) {
    super({
      ...connectionOptions(options),
      queue: options.service,
      gracefulShutdown: true,
      gracePeriod: SHUTDOWN_GRACE_MS,
    });
    this.#gatewayName = options.gatewayName;
  }

  override addHandler(
    pattern: string,
    callback: MessageHandler,
    isEventHandler?: boolean,
    extras?: Record<string, unknown>,
  ): void {
    super.addHandler(fullSubject(this.#gatewayName, pattern), callback, isEventHandler, extras ?? {});
  }
}

/** After a replica has left the queue group, requests it already has are finished for this long. */
const SHUTDOWN_GRACE_MS = 1_500;

/** For `app.connectMicroservice({ strategy: contractServer(options) })`. */
export const contractServer = (options: BusOptions): CustomTransportStrategy => new ContractServer(options);
