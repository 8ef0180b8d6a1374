import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Log } from '@gatehouse/observability/log';
import type { Readiness } from '@gatehouse/observability/readiness';
import type { NatsConnection } from '@nats-io/transport-node';
import { ClientNats } from '@nestjs/microservices';
import { type BusOptions, connectionOptions } from './bus-options.js';
import { busUnreachable } from './reachable.js';

/** The service's connection for questions: made at start, and made again by itself when it is lost. */
@Injectable()
export class BusConnection implements OnModuleInit, OnApplicationShutdown {
  readonly client: ClientNats;
  /** The service's name on the bus; it proves requests in this name. */
  readonly options: BusOptions;
  readonly #reconnected = new Set<() => void>();
  #connected = false;

  constructor(
    options: BusOptions,
    private readonly log: Pick<Log, 'info' | 'warn'>,
    readiness: Pick<Readiness, 'part'>,
  ) {
    this.options = options;
    this.client = new ClientNats(connectionOptions(options));
    readiness.part(
      'bus',
      async () => {
        if (!this.#connected) throw new GatehouseError('unavailable', 'the bus is not connected');
        // Nothing else notices a server that vanished without closing the connection.
        await this.connection.flush();
      },
      async () => await busUnreachable(options),
    );
  }

  async onModuleInit(): Promise<void> {
    await this.client.connect();
    this.#connected = true;
    void this.#watch(this.connection);
  }

  get connection(): NatsConnection {
    return this.client.unwrap<NatsConnection>();
  }

  /** `callback` runs each time the connection is made again. Events in between were missed. */
  onReconnect(callback: () => void): void {
    this.#reconnected.add(callback);
  }

  async onApplicationShutdown(): Promise<void> {
    this.#connected = false;
    await this.client.close();
  }

  async #watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') {
        this.#connected = false;
        this.log.warn('bus-lost');
      } else if (status.type === 'reconnect') {
        this.#connected = true;
        this.log.info('bus-found-again');
        for (const callback of this.#reconnected) callback();
      }
    }
  }
}
