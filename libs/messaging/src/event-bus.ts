import { Injectable } from '@nestjs/common';
import type { EventContract } from '@gatehouse/contracts/contract';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Log } from '@gatehouse/observability/log';
import { jetstream } from '@nats-io/jetstream';
import type { z } from 'zod';
import { BusConnection } from './bus-connection.js';
import { fullSubject } from './subjects.js';

/** Facts of the gateway. Those that a service tells are kept in the stream of its account, which provisioning has made. */
@Injectable()
export class EventBus {
  constructor(
    private readonly bus: BusConnection,
    private readonly log: Log,
  ) {}

  /**
   * Resolves when the stream has the event; one that is not kept is merely sent.
   * @throws {GatehouseError} `unavailable` when that was not so.
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
   * Resolves when the server has passed on to every listener what was published before: one round trip to the server, which
   * does not wait for any stream. @throws {GatehouseError} `unavailable` when the bus is away.
   */
  async passedOn(): Promise<void> {
    try {
      await this.bus.connection.flush();
    } catch (cause) {
      throw new GatehouseError('unavailable', 'the bus is away', { cause });
    }
  }

  /**
   * Hears events from now on, on every replica, with no round trip to the stream. What is published while this replica
   * is cut off is missed: a listener that keeps a cache drops it in {@link EventBus.onReconnect}.
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
