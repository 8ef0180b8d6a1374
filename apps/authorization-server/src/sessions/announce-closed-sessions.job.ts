import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { sessionClosed } from '@gatehouse/contracts/events/session-closed';
import { EventBus } from '@gatehouse/messaging/event-bus';
import { Log } from '@gatehouse/observability/log';
import { OutboxWorker } from '../outbox/outbox-worker.job.js';
import { Vault } from '../vault/vault.client.js';
import { SessionStore, type ClosedSession } from './session.store.js';

/**
 * The outbox of closed sessions. The row is closed first. Then the vault and the event stream are told until both have
 * confirmed; telling them twice does no harm.
 */
@Injectable()
export class AnnounceClosedSessions implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #worker: OutboxWorker<ClosedSession>;

  constructor(
    private readonly sessions: SessionStore,
    private readonly events: EventBus,
    private readonly vault: Vault,
    log: Log,
  ) {
    this.#worker = new OutboxWorker({
      waiting: (limit) => this.sessions.unannounced(limit),
      keyOf: ({ tsid }) => tsid,
      tell: (session) => this.#announce(session),
      failed: (error) => log.failure('sessions-not-announced', error),
    });
  }

  onApplicationBootstrap(): void {
    this.#worker.start();
    this.events.onReconnect(() => this.announceNow());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#worker.stop();
  }

  /** Returns at once; what fails stays in the outbox. */
  announceNow(): void {
    void this.#worker.wake();
  }

  async #announce(session: ClosedSession): Promise<void> {
    const { tsid, accountId, reason, closedAtMs } = session;
    // The event is sent first, because the proxies drop what they hold when they hear it. The vault does not wait for the stream.
    const told = await Promise.allSettled([
      reason === 'expired'
        ? undefined
        : this.events.publish(sessionClosed, { tsid, accountId, reason, atMs: closedAtMs }),
      this.vault.closeSession(tsid),
    ]);
    for (const one of told) if (one.status === 'rejected') throw one.reason;
    await this.sessions.markAnnounced(tsid);
  }
}
