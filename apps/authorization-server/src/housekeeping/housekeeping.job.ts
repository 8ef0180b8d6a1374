import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import { Log } from '@gatehouse/observability/log';
import { Expiry } from '@gatehouse/persistence/expiry';
import { CloseSession } from '../sessions/close-session.flow.js';
import { SessionStore } from '../sessions/session.store.js';

const EVERY_MS = MINUTE_MS;

/** Open sessions of one account. Its clients need fewer; a client that signs in for every call gets no more. */
const MAX_SESSIONS = 1_000;
const CLOSED_AT_ONCE = 100;

@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(
    private readonly sessions: SessionStore,
    private readonly closing: CloseSession,
    private readonly expiry: Expiry,
    private readonly log: Log,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.sessions.shorten();
    this.#timer = setInterval(() => {
      this.#running ??= this.sweep()
        .catch((error: unknown) => this.log.failure('sweep-failed', error))
        .finally(() => {
          this.#running = undefined;
        });
    }, EVERY_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async sweep(maxSessions = MAX_SESSIONS): Promise<void> {
    await this.sessions.closeExpired();
    for (const tsid of await this.sessions.beyond(maxSessions, CLOSED_AT_ONCE))
      await this.closing.close(tsid, 'revoked');
    await this.expiry.run();
  }
}
