import { Injectable } from '@nestjs/common';
import type { EventContract } from '@gatehouse/contracts/contract';
import { DAY_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Log } from '@gatehouse/observability/log';
import { jetstream, jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { z } from 'zod';
import { BusConnection } from './bus-connection.js';
import { eventStream, fullSubject, subjectPrefix } from './subjects.js';

const KEEP_EVENTS_MS = 7 * DAY_MS;

/** Facts of the gateway, kept in a JetStream stream. */
@Injectable()
export class EventBus {
  #stream: Promise<void> | undefined;

  constructor(
    private readonly bus: BusConnection,
    private readonly log: Log,
  ) {}

  /** Resolves when the stream has the event. @throws {GatehouseError} `unavailable` when it did not say so. */
  async publish<Payload extends z.ZodType>(
    event: EventContract<Payload>,
    payload: z.input<Payload>,
  ): Promise<void> {
    try {
      await this.#ensureStream();
      await jetstream(this.bus.connection).publish(
        fullSubject(this.bus.options.gatewayName, event.subject),
        JSON.stringify(payload),
      );
    } catch (cause) {
      throw new GatehouseError('unavailable', `${event.subject} could not be published`, { cause });
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

  /** Whoever publishes first makes the stream; making it again with the same settings changes nothing. */
  async #ensureStream(): Promise<void> {
    this.#stream ??= this.#makeStream().catch((error: unknown) => {
      this.#stream = undefined;
      throw error;
    });
    await this.#stream;
  }

  async #makeStream(): Promise<void> {
    const manager = await jetstreamManager(this.bus.connection, { checkAPI: false });
    await manager.streams.add({
      name: eventStream(this.bus.options.gatewayName),
      subjects: [`${subjectPrefix(this.bus.options.gatewayName)}events.>`],
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      max_age: nanos(KEEP_EVENTS_MS),
    });
  }
}
