import { randomUUID } from 'node:crypto';
import { proxyPresent } from '@gatehouse/contracts/events/proxy-present';
import { sessionDropped } from '@gatehouse/contracts/events/session-dropped';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { SessionId } from '@gatehouse/kernel/ids';
import type { EventBus } from '@gatehouse/messaging/event-bus';
import type { Log } from '@gatehouse/observability/log';
import type { SessionViews } from './incoming-auth/session-views.client.js';

const TELL_EVERY_MS = SECOND_MS;
/** Well under the time after which a process that stood still distrusts what it remembers. */
const BEAT_EVERY_MS = 100;

/**
 * Tells the authorization server that this replica is there and what it has dropped, so that a revocation is answered when
 * no replica lets the session through any more.
 */
export class Presence {
  readonly #replicaId = randomUUID();
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly events: Pick<EventBus, 'publish' | 'onReconnect'>,
    private readonly sessions: Pick<SessionViews, 'beat'>,
    private readonly log: Pick<Log, 'failure'>,
  ) {}

  /** The events are heard by now. */
  start(): void {
    this.#tell();
    this.events.onReconnect(() => {
      this.#tell();
    });
    this.sessions.beat();
    this.#every(TELL_EVERY_MS, () => {
      this.#tell();
    });
    this.#every(BEAT_EVERY_MS, () => {
      this.sessions.beat();
    });
  }

  dropped(tsid: SessionId): void {
    const told = this.events.publish(sessionDropped, { replicaId: this.#replicaId, tsid });
    told.catch((error: unknown) => {
      this.log.failure('dropped-session-not-told', error);
    });
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** A failed announcement is repeated after a second. */
  #tell(): void {
    this.events.publish(proxyPresent, { replicaId: this.#replicaId }).catch(() => undefined);
  }

  #every(intervalMs: number, work: () => void): void {
    this.#timers.push(setInterval(work, intervalMs).unref());
  }
}
