import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { connectionChanged } from '@gatehouse/contracts/events/connection-changed';
import { EventBus } from '@gatehouse/messaging/event-bus';
import { Log } from '@gatehouse/observability/log';
import { EventOutboxStore, type PendingEvent } from './event-outbox.store.js';

/** As long as RFC 7009's answer waits for the proxies to know. */
const WAIT_AT_MOST_MS = 500;

/** Tells the gateway what changed. A bus that is away delays an event, it does not lose it. */
@Injectable()
export class ConnectionEvents {
  constructor(
    private readonly bus: EventBus,
    private readonly outbox: EventOutboxStore,
    private readonly log: Log,
  ) {}

  /**
   * Publishes what was written with a change that is committed now. Nobody's request waits longer than a moment for it: a
   * stream that is slow or lost delays the event, not the sign-in. Never throws.
   */
  async publish(events: readonly PendingEvent[]): Promise<void> {
    await Promise.race([this.#publish(events), delay(WAIT_AT_MOST_MS, undefined, { ref: false })]);
  }

  async #publish(events: readonly PendingEvent[]): Promise<void> {
    for (const { id, payload } of events) {
      try {
        await this.bus.publish(connectionChanged, payload);
        await this.outbox.delete(id);
      } catch (error) {
        this.log.failure('connection-event-delayed', error, { connectionId: payload.connectionId });
      }
    }
  }

  async publishLeftOver(): Promise<void> {
    await this.#publish(await this.outbox.claim());
  }
}
