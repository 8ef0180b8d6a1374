import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { sessionClosed } from '@gatehouse/contracts/events/session-closed';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { EventBus } from '@gatehouse/messaging/event-bus';
import { Log } from '@gatehouse/observability/log';
import { Vault } from '../vault/vault.client.js';
import { SessionStore, type ClosedSession } from './session.store.js';

const SWEEP_EVERY_MS = 3 * SECOND_MS;
const BATCH = 50;
const STOP_WITHIN_MS = SECOND_MS;

/**
 * The outbox of closed sessions. The row is closed first and told afterwards, until the vault and the event stream have
 * both taken it; telling it twice does no harm.
 */
@Injectable()
export class AnnounceClosedSessions implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopping = false;

  constructor(
    private readonly sessions: SessionStore,
    private readonly events: EventBus,
    private readonly vault: Vault,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => this.announceNow(), SWEEP_EVERY_MS).unref();
    this.events.onReconnect(() => this.announceNow());
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping = true;
    // What is not told now stays in the outbox for the next start, or for another replica.
    await Promise.race([this.#running, delay(STOP_WITHIN_MS, undefined, { ref: false })]);
  }

  /** Returns at once; what fails stays in the outbox. */
  announceNow(): void {
    this.#again = true;
    this.#running ??= this.#announceAll()
      .catch((error: unknown) => this.log.failure('sessions-not-announced', error))
      .finally(() => {
        this.#running = undefined;
      });
  }

  async #announceAll(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      const waiting = await this.sessions.unannounced(BATCH);
      for (const session of waiting) {
        if (this.#stopping) return;
        await this.#announce(session);
      }
      this.#again ||= waiting.length === BATCH;
    }
  }

  async #announce(session: ClosedSession): Promise<void> {
    const { tsid, accountId, reason, closedAtMs } = session;
    // The event first: it is what makes the proxies drop what they hold.
    if (reason !== 'expired')
      await this.events.publish(sessionClosed, { tsid, accountId, reason, atMs: closedAtMs });
    await this.vault.closeSession(tsid);
    await this.sessions.markAnnounced(tsid);
  }
}
