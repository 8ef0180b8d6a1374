import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { Log } from '@gatehouse/observability/log';
import type { Connection } from '../connections/connection.js';
import { ConnectionStore } from '../connections/connection.store.js';
import type { TokenAnswer } from '../providers/token-answer.js';
import { AnswerCopies } from './answer-copies.store.js';
import { RefreshStore, type Lease } from './refresh.store.js';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = SECOND_MS;

export interface Answered {
  readonly lease: Lease;
  readonly connection: Connection;
  /** The refresh token that was redeemed. */
  readonly sent: string;
  readonly answer: TokenAnswer;
}

/**
 * Keeps answers of the token endpoint. An answer comes only once, since the refresh token is used up. This process holds it
 * until Postgres has it; JetStream gets a copy at once, in case the process dies before (docs/adr/0013).
 */
@Injectable()
export class KeptAnswers {
  constructor(
    private readonly store: RefreshStore,
    private readonly connections: ConnectionStore,
    private readonly copies: AnswerCopies,
    private readonly log: Log,
  ) {}

  /** Tries for as long as the process lives. Resolves when the database has the answer, or has said that it is not needed. */
  async keep(answered: Answered): Promise<void> {
    const { connection } = answered;
    const stored = new AbortController();
    const copied = this.#copy(answered, stored.signal);
    await untilDone(
      () => this.#store(answered),
      (error) => {
        this.log.warn('answer-not-stored-yet', {
          connectionId: connection.id,
          provider: connection.provider,
          reason: codeOf(error),
        });
      },
    );
    stored.abort();
    void this.#forget(copied);
  }

  /** Stores an answer that another process left behind. @returns false when the row has another refresh token by now. */
  async adopt(answered: Answered): Promise<boolean> {
    return await this.#store(answered);
  }

  /** Stores the answer for as long as the row still holds the refresh token that was sent, whatever else has changed. */
  async #store({ lease, connection, sent, answer }: Answered): Promise<boolean> {
    const sealed = connection.sealAnswer(answer);
    if (await this.store.keepAnswer(lease, sealed)) return true;
    const now = await this.connections.byId(connection.id);
    if (now === undefined || now.row.version === lease.version || now.refreshToken() !== sent) return false;
    return await this.store.keepAnswer({ ...lease, version: now.row.version }, sealed);
  }

  /** @returns the revision of the copy; `undefined` when the database had the answer before a copy was made. */
  async #copy({ connection, sent, answer }: Answered, stored: AbortSignal): Promise<number | undefined> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        return await this.copies.put(connection, sent, answer);
      } catch {
        if (stored.aborted) return undefined;
        await sleep(pauseMs, undefined, { signal: stored }).catch(() => undefined);
      }
    }
  }

  async #forget(copied: Promise<number | undefined>): Promise<void> {
    try {
      const revision = await copied;
      if (revision !== undefined) await this.copies.erase(revision);
    } catch (error) {
      // A copy that stays does no harm: its refresh token is not the row's any more.
      this.log.failure('answer-copy-not-erased', error);
    }
  }
}

async function untilDone(work: () => Promise<unknown>, failed: (error: unknown) => void): Promise<void> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      await work();
      return;
    } catch (error) {
      failed(error);
      await sleep(pauseMs);
    }
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unreachable';
