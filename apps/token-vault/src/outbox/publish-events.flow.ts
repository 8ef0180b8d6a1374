import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { connectionChanged } from '@gatehouse/contracts/events/connection-changed';
import { EventBus } from '@gatehouse/messaging/event-bus';
import { Log } from '@gatehouse/observability/log';
import { EventOutboxStore, type PendingEvent } from './event-outbox.store.js';

/** As long as RFC 7009's answer waits for the proxies to know, when the bus does not answer. */
const WAIT_AT_MOST_MS = 500;

/** Tells the gateway what changed. A bus that is away delays an event, it does not lose it. */
@Injectable()
export class PublishEvents {
  constructor(
    private readonly bus: EventBus,
    private readonly outbox: EventOutboxStore,
    private readonly log: Log,
  ) {}

  /**
   * Publishes what was written with a change that is committed now. Resolves when the proxies have been sent it; nobody's
   * request waits for the stream, which may be slow or lost: the outbox keeps the event until it is there. Never throws.
   */
  async publish(events: readonly PendingEvent[]): Promise<void> {
    if (events.length === 0) return;
    void this.#store(events);
    const passedOn = this.bus.passedOn().catch(() => undefined);
    await Promise.race([passedOn, delay(WAIT_AT_MOST_MS, undefined, { ref: false })]);
  }

  async publishLeftOver(): Promise<void> {
    await this.#store(await this.outbox.claim());
  }

  /** All at once: one that is not taken holds none of the others up. Never throws. */
  async #store(events: readonly PendingEvent[]): Promise<void> {
    await Promise.all(
      events.map(async ({ id, payload }) => {
        try {
          await this.bus.publish(connectionChanged, payload);
          await this.outbox.delete(id);
        } catch (error) {
          this.log.failure('connection-event-delayed', error, { connectionId: payload.connectionId });
        }
      }),
    );
  }
}
