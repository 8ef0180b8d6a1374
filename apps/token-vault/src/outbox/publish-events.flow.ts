import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { connectionChanged } from '@gatehouse/contracts/events/connection-changed';
import { EventBus } from '@gatehouse/messaging/event-bus';
import { AuditLog } from '@gatehouse/observability/audit-log';
import { Log } from '@gatehouse/observability/log';
import { EventOutboxStore, type PendingEvent } from './event-outbox.store.js';

/** A revocation is answered after this time even if the bus does not say that the proxies know of it. */
const WAIT_AT_MOST_MS = 500;

/** Publishes changes of connections. If the bus is away, an event is delayed, not lost. */
@Injectable()
export class PublishEvents {
  constructor(
    private readonly bus: EventBus,
    private readonly outbox: EventOutboxStore,
    private readonly log: Log,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Publishes the events of a change that is committed. Resolves when they are on their way to the proxies. It does not wait
   * for the stream, which may be slow: the outbox keeps each event until the stream has it. Never throws.
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

  /** Publishes all at once: one failure does not hold up the others. Never throws. */
  async #store(events: readonly PendingEvent[]): Promise<void> {
    await Promise.all(
      events.map(async ({ id, payload }) => {
        try {
          await this.bus.publish(connectionChanged, payload);
          await this.outbox.delete(id);
          this.#audited(payload);
        } catch (error) {
          this.log.failure('connection-event-delayed', error, { connectionId: payload.connectionId });
        }
      }),
    );
  }

  /** A connection was made, was lost, or needs its person. */
  #audited({ accountId, provider, connectionId, change }: PendingEvent['payload']): void {
    this.audit.write('connection-changed', {
      subject: accountId,
      provider,
      connection: connectionId,
      change,
    });
  }
}
