import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { Log } from '@gatehouse/observability/log';
import type { Connection } from '../connections/connection.js';
import { AnswerCopies, type AnswerCopy } from './answer-copies.store.js';
import { BEAT_MS } from '../leases/lease.js';
import type { TokenAnswer } from '../providers/token-answer.js';

/** `send`: nobody has it under way, and no answer to it is known. `wait`: somebody may still get its answer. */
export type TakenOver =
  | { readonly kind: 'send' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'answer'; readonly answer: TokenAnswer };

/** A sign of life comes with every beat; it may be late by one. */
const WATCH_MS = 2 * BEAT_MS;
/** What a request to a provider may take beyond its own limit. */
const MARGIN_MS = 5 * SECOND_MS;

/**
 * A redemption that was begun and whose lease has run out: its holder may have died, or may only have lost the database.
 * The refresh token may be good for one use, so it is sent again only when nobody can be waiting for its answer.
 */
@Injectable()
export class TakeOver {
  constructor(
    private readonly copies: AnswerCopies,
    private readonly log: Log,
  ) {}

  /** @param requestMs how long one request to the provider may take */
  async look(connection: Connection, token: string, requestMs: number): Promise<TakenOver> {
    const taken = await this.#look(connection, token, requestMs);
    const { id: connectionId, provider } = connection;
    // Its last holder died, or never got an answer: the token is sent once more, with care.
    if (taken.kind === 'send')
      this.log.warn('refresh-of-unknown-outcome-retried', { connectionId, provider });
    return taken;
  }

  async #look(connection: Connection, token: string, requestMs: number): Promise<TakenOver> {
    const first = await this.#find(connection, token);
    if (first === 'unknown') return this.#blind(connection, requestMs);
    if (first === undefined || first.kind === 'stale') return { kind: 'send' };
    if (first.kind === 'answer') return first;
    await sleep(WATCH_MS);
    const second = await this.#find(connection, token);
    if (second === 'unknown') return { kind: 'wait' };
    if (second?.kind === 'answer') return second;
    return second?.revision === first.revision ? { kind: 'send' } : { kind: 'wait' };
  }

  /** Where JetStream cannot be asked, a holder that lives has had its answer, or its time limit, by then. */
  #blind({ row }: Connection, requestMs: number): TakenOver {
    const { refreshStartedAt, sinceStartedMs } = row;
    const isOver = refreshStartedAt === null || sinceStartedMs > 2 * requestMs + MARGIN_MS;
    return { kind: isOver ? 'send' : 'wait' };
  }

  async #find(connection: Connection, token: string): Promise<AnswerCopy | undefined | 'unknown'> {
    try {
      return await this.copies.find(connection, token);
    } catch {
      return 'unknown';
    }
  }
}
