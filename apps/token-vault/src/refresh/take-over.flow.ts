import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { Log } from '@gatehouse/observability/log';
import type { Connection } from '../connections/connection.js';
import { AnswerCopies, type AnswerCopy } from './answer-copies.store.js';
import { BEAT_MS } from '../leases/lease.js';
import type { TokenAnswer } from '../providers/token-answer.js';

/** `send`: no process waits for an answer, and none is known. `wait`: a process may still get the answer. */
export type TakenOver =
  | { readonly kind: 'send' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'answer'; readonly answer: TokenAnswer };

/** A living process writes with every beat. It may be late by one. */
const WATCH_MS = 2 * BEAT_MS;
/** What a request to a provider may take beyond its own limit. */
const MARGIN_MS = 5 * SECOND_MS;

/**
 * Decides about a redemption that was begun and whose lease has run out. Its holder may have died, or may only have lost the
 * database. A refresh token may be good for one use: it is sent again only when no process can be waiting for its answer.
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
    // The last holder died, or never got an answer. The token is sent once more.
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

  /** JetStream cannot be asked. By this time a living holder has had its answer, or has run into its time limit. */
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
