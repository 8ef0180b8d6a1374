import { Injectable } from '@nestjs/common';
import { connectionChanged } from '@gatehouse/contracts/events/connection-changed';
import { EventBus } from '@gatehouse/messaging/event-bus';
import { Log } from '@gatehouse/observability/log';
import { EventOutboxStore, type PendingEvent } from './event-outbox.store.js';

/** Tells the gateway what changed. A bus that is away delays an event, it does not lose it. */
@Injectable()
export class ConnectionEvents {
  constructor(
    private readonly bus: EventBus,
    private readonly outbox: EventOutboxStore,
    private readonly log: Log,
  ) {}

  /** Publishes what was written with a change that is committed now; never throws. */
  async publish(events: readonly PendingEvent[]): Promise<void> {
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
    await this.publish(await this.outbox.claim());
  }
}
