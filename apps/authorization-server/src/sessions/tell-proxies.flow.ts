import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { proxyPresent } from '@gatehouse/contracts/events/proxy-present';
import { sessionClosed } from '@gatehouse/contracts/events/session-closed';
import { sessionDropped } from '@gatehouse/contracts/events/session-dropped';
import { EventBus } from '@gatehouse/messaging/event-bus';
import { Log } from '@gatehouse/observability/log';
import { Metrics } from '@gatehouse/observability/metrics';
import { Acknowledgements } from './acknowledgements.js';
import type { ClosedSession } from './session.store.js';

/** Calls back after a time; injected, so that no test waits for it. */
export type After = (ms: number, callback: () => void) => { cancel(): void };
export const AFTER = Symbol('what calls back after a time');
export const systemAfter: After = (ms, callback) => {
  const timer = setTimeout(callback, ms);
  return {
    cancel: () => {
      clearTimeout(timer);
    },
  };
};

/** The revocation of a token waits no longer than this, whatever the proxies do. */
export const TOLD_WITHIN_MS = 500;

/** Upper bounds. The last is below the time limit: what is above it was late. */
const BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.49];

/**
 * Tells the proxies that a session is closed, and waits until each living one lets nothing of it through any more. So a
 * revoked token (RFC 7009 section 2.2) is refused from the response on. A silent proxy is not waited for long: either it
 * stands still, and asks again when it goes on; or it is cut off, and trusts what it knows for 30 s at most.
 */
@Injectable()
export class TellProxies implements OnApplicationBootstrap {
  readonly #acknowledgements = new Acknowledgements(() => performance.now());
  readonly #unheard;
  readonly #closed;
  readonly #seconds;

  constructor(
    private readonly events: EventBus,
    private readonly log: Log,
    metrics: Metrics,
    @Inject(AFTER) private readonly after: After,
  ) {
    this.#unheard = metrics.counter(
      'session_closings_unacknowledged_total',
      'Sessions that were closed without the word of every proxy within the time limit',
      [],
    );
    this.#closed = metrics.counter(
      'sessions_closed_total',
      'Sessions that were closed before their time was over, by reason.',
      ['reason'],
    );
    this.#seconds = metrics.histogram(
      'session_closing_seconds',
      'From the closing of a session to the word of every proxy, or to the time limit.',
      [],
      BUCKETS_SECONDS,
    );
  }

  onApplicationBootstrap(): void {
    this.events.subscribe(proxyPresent, ({ replicaId }) => {
      this.#acknowledgements.present(replicaId);
    });
    this.events.subscribe(sessionDropped, ({ replicaId, tsid }) => {
      this.#acknowledgements.dropped(replicaId, tsid);
    });
    this.events.onReconnect(() => {
      this.#acknowledgements.listenAnew();
    });
  }

  /** Never throws. The outbox tells it again until the stream has it. */
  async run({ tsid, accountId, reason, closedAtMs }: ClosedSession): Promise<void> {
    if (reason === 'expired') return;
    this.#closed.inc({ reason });
    const isTold = this.#seconds.startTimer({});
    const waiting = this.#acknowledgements.of(tsid);
    const late = Promise.withResolvers<'late'>();
    const limit = this.after(TOLD_WITHIN_MS, () => {
      late.resolve('late');
    });
    this.events
      .publish(sessionClosed, { tsid, accountId, reason, atMs: closedAtMs })
      .catch((error: unknown) => {
        this.log.failure('closed-session-not-told', error, { tsid });
      });
    const outcome = await Promise.race([waiting.all, late.promise]);
    limit.cancel();
    waiting.end();
    isTold();
    if (outcome !== 'late') return;
    this.#unheard.inc();
    this.log.warn('closed-session-not-acknowledged', { tsid, proxies: waiting.missing() });
  }
}
