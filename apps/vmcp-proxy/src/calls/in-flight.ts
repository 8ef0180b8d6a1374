import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { SessionId } from '@gatehouse/kernel/ids';
import { LiveSet } from '@gatehouse/kernel/live-set';
import type { Cancellation } from '../backends/cancellation.js';
import { idKey } from '../mcp/message.js';
import type { Call } from './call.js';

/** The client went away or said that it no longer wants the answer. */
export const CANCELLED = new GatehouseError('deadline_exceeded', 'the client cancelled the call');

/** The caller's session ended while the call was running. */
export const SESSION_OVER = new GatehouseError('session_closed', 'the session ended during the call', {
  details: { ran: 'maybe' },
});

/** This replica stops, and has no time left to wait for the backend. */
export const STOPPING = new GatehouseError('unavailable', 'the proxy stops', { details: { ran: 'maybe' } });

interface Running {
  readonly tsid: SessionId | undefined;
  cancellation: Cancellation | undefined;
}

/** Calls that are running here, so that whatever ends them finds them. */
export class InFlight {
  /** By the id that a legacy client gave it, for `notifications/cancelled`. */
  readonly #named = new Map<string, Running>();
  readonly #running = new LiveSet<Running>();
  #hasEnded = false;

  /** @returns what to do at the end of the call. */
  add(
    { principal: { tsid }, client, message }: Pick<Call, 'principal' | 'client' | 'message'>,
    cancellation: Cancellation,
  ): () => void {
    const key = client.era === 'legacy' ? keyOf(client.session.digest, idKey(message.id)) : undefined;
    const running: Running = { tsid, cancellation };
    if (key !== undefined) this.#named.set(key, running);
    const leave = this.#running.add(running);
    if (this.#hasEnded) cancellation.cancel(STOPPING);
    return () => {
      if (key !== undefined && this.#named.get(key) === running) this.#named.delete(key);
      // A table that the map has left behind may hold it.
      running.cancellation = undefined;
      leave();
    };
  }

  /**
   * Only a call of the same legacy session can be cancelled.
   * @param session digest of its id. @param request key of the client's id. @returns whether it runs here.
   */
  cancel(session: string, request: string): boolean {
    const running = this.#named.get(keyOf(session, request));
    running?.cancellation?.cancel(CANCELLED);
    return running !== undefined;
  }

  /** Sessions that have calls running. */
  sessions(): ReadonlySet<SessionId> {
    return new Set([...this.#running].flatMap(({ tsid }) => tsid ?? []));
  }

  /** Stops all calls of a session that is over. */
  endSession(tsid: SessionId): void {
    for (const running of this.#running)
      if (running.tsid === tsid) running.cancellation?.cancel(SESSION_OVER);
  }

  /** Stops all calls, and those that come after them. */
  endAll(): void {
    this.#hasEnded = true;
    for (const { cancellation } of this.#running) cancellation?.cancel(STOPPING);
  }
}

const keyOf = (session: string, request: string | undefined): string => `${session}\n${request ?? ''}`;
