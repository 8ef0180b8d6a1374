import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '@gatehouse/kernel/clock';
import type { AccountId, ConnectionId } from '@gatehouse/kernel/ids';
import type { Queries } from '@gatehouse/persistence/database';
import { CLOCK } from '@gatehouse/service-process/injected';
import type { RevocableToken } from '../providers/token-answer.js';
import { EventOutboxStore, type ConnectionChange, type PendingEvent } from './event-outbox.store.js';
import { PublishEvents } from './publish-events.flow.js';
import { RevocationOutboxStore } from './revocation-outbox.store.js';
import { RevokeTokens } from './revoke-tokens.flow.js';

/** The connection that an event tells of. */
export interface ChangedConnection {
  readonly id: ConnectionId;
  readonly accountId: AccountId;
  readonly provider: string;
}

/**
 * What a change leaves to be done elsewhere: events to publish and tokens to revoke. It is written in the transaction of the
 * change. Afterwards any replica does it, and tries until it has worked.
 */
@Injectable()
export class Outbox {
  constructor(
    private readonly events: EventOutboxStore,
    private readonly revocations: RevocationOutboxStore,
    private readonly publishing: PublishEvents,
    private readonly revoking: RevokeTokens,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Writes the event of a change. {@link Outbox.publish} takes it once the transaction is committed. */
  async changed(
    tx: Queries,
    { id: connectionId, accountId, provider }: ChangedConnection,
    change: ConnectionChange['change'],
  ): Promise<PendingEvent> {
    const atMs = this.clock.nowMs();
    return await this.events.add(tx, { connectionId, accountId, provider, change, atMs });
  }

  /** Writes down tokens that are to be revoked at their provider. */
  async revoke(tx: Queries, provider: string, tokens: readonly RevocableToken[]): Promise<void> {
    for (const token of tokens) await this.revocations.add(tx, provider, token);
  }

  /** @see PublishEvents.publish */
  async publish(events: readonly PendingEvent[]): Promise<void> {
    await this.publishing.publish(events);
  }

  /** Revokes what is due, in the background. */
  wake(): void {
    this.revoking.wake();
  }

  /** Finishes what a failure or a dead replica left behind. */
  async finishLeftOver(): Promise<void> {
    await this.publishing.publishLeftOver();
    this.revoking.wake();
  }

  /** Resolves when no token is being revoked. */
  async settled(): Promise<void> {
    await this.revoking.settled();
  }
}
