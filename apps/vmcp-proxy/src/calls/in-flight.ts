import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { SessionId } from '@gatehouse/kernel/ids';
import type { Cancellation } from '../backends/cancellation.js';
import type { RequestId } from '../edge/message.js';
import type { Call } from './call.js';

/** The client went away or said that it no longer wants the answer. */
export const CANCELLED = new GatehouseError('deadline_exceeded', 'the client cancelled the call');

/** The caller's session ended while the call was running. */
export const SESSION_OVER = new GatehouseError('session_closed', 'the session ended during the call', {
  details: { ran: 'maybe' },
});

/** Calls that are running here, so that whatever ends them finds them. */
export class InFlight {
  /** By the id that a legacy client gave it, for `notifications/cancelled`. */
  readonly #named = new Map<string, Cancellation>();
  readonly #sessions = new Map<Cancellation, SessionId>();

  /** @returns what to do at the end of the call. */
  add(
    { principal: { tsid }, client, message }: Pick<Call, 'principal' | 'client' | 'message'>,
    cancellation: Cancellation,
  ): () => void {
    const key = client.era === 'legacy' ? keyOf(client.session.id, message.id) : undefined;
    if (key !== undefined) this.#named.set(key, cancellation);
    if (tsid !== undefined) this.#sessions.set(cancellation, tsid);
    return () => {
      if (key !== undefined && this.#named.get(key) === cancellation) this.#named.delete(key);
      this.#sessions.delete(cancellation);
    };
  }

  /** Only a call of the same legacy session can be cancelled. */
  cancel(sessionId: string, id: RequestId): void {
    this.#named.get(keyOf(sessionId, id))?.cancel(CANCELLED);
  }

  /** Sessions that have calls running. */
  sessions(): ReadonlySet<SessionId> {
    return new Set(this.#sessions.values());
  }

  /** Stops all calls of a session that is over. */
  endSession(tsid: SessionId): void {
    for (const [cancellation, session] of [...this.#sessions])
      if (session === tsid) cancellation.cancel(SESSION_OVER);
  }
}

const keyOf = (sessionId: string, id: RequestId): string => `${sessionId}\n${JSON.stringify(id)}`;
