import { Injectable } from '@nestjs/common';
import type { EventContract } from '@gatehouse/contracts/contract';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Log } from '@gatehouse/observability/log';
import { jetstream } from '@nats-io/jetstream';
import type { z } from 'zod';
import { BusConnection } from './bus-connection.js';
import { fullSubject } from './subjects.js';

/**
 * Events of the gateway. The stream of a service's account keeps those that the service publishes; provisioning makes
 * the stream.
 */
@Injectable()
export class EventBus {
  constructor(
    private readonly bus: BusConnection,
    private readonly log: Log,
  ) {}

  /**
   * Resolves when the stream has stored the event. An event that is not kept is only sent.
   * @throws {GatehouseError} `unavailable` when that failed.
   */
  async publish<Payload extends z.ZodType>(
    event: EventContract<Payload>,
    payload: z.input<Payload>,
  ): Promise<void> {
    const subject = fullSubject(this.bus.options.gatewayName, event.subject);
    try {
      if (event.kept) await jetstream(this.bus.connection).publish(subject, JSON.stringify(payload));
      else this.bus.connection.publish(subject, JSON.stringify(payload));
    } catch (cause) {
      throw new GatehouseError('unavailable', `${event.subject} could not be published`, { cause });
    }
  }

  /**
   * Resolves when the server has delivered everything that was published before. It costs one round trip to the server
   * and waits for no stream. @throws {GatehouseError} `unavailable` when the bus does not answer.
   */
  async passedOn(): Promise<void> {
    try {
      await this.bus.connection.flush();
    } catch (cause) {
      throw new GatehouseError('unavailable', 'the bus is away', { cause });
    }
  }

  /**
   * Every replica hears each event from now on, without a round trip to the stream. A replica that is cut off misses
   * events: a listener with a cache empties it in {@link EventBus.onReconnect}.
   */
  subscribe<Payload extends z.ZodType>(
    event: EventContract<Payload>,
    listener: (payload: z.output<Payload>) => void,
  ): void {
    this.bus.connection.subscribe(fullSubject(this.bus.options.gatewayName, event.subject), {
      callback: (error, message) => {
        if (error !== null) {
          this.log.failure('event-subscription-failed', error, { subject: event.subject });
          return;
        }
        try {
          listener(event.payload.parse(JSON.parse(message.string())));
        } catch (failure) {
          this.log.failure('event-not-understood', failure, { subject: event.subject });
        }
      },
    });
  }

  onReconnect(callback: () => void): void {
    this.bus.onReconnect(callback);
  }
}
