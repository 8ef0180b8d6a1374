import { MINUTE_MS } from '@gatehouse/kernel/durations';
import type { Log } from '@gatehouse/observability/log';

/** Why a message of a backend does not reach the client. */
export type DropReason =
  /** A response to another request than the one whose stream it came on. */
  | 'foreign_response'
  /** After the response. */
  | 'late'
  /** It is no message, or none that a client would take. */
  | 'malformed'
  /** A request that this client did not say it can answer, or that nobody could take back to the backend. */
  | 'undeclared_request'
  /** More requests than one call may make. */
  | 'too_many_requests'
  /** Progress of another call. */
  | 'foreign_progress'
  /** It cancels a request that this call did not make. */
  | 'foreign_cancellation'
  /** A notification that has no place on the stream of a request. */
  | 'unexpected_notification'
  /** Nobody waits for the call at the moment: its client was asked something. */
  | 'while_parked'
  /** The client has not taken what was said before. */
  | 'slow_client'
  /** Nobody can tell which of several callers it is about. */
  | 'shared_session'
  /** It is in the session of an account that its person has left. */
  | 'left_account';

const SAY_AGAIN_AFTER_MS = MINUTE_MS;

interface Said {
  atMs: number;
  /** Not said yet. */
  unsaid: number;
}

/** Counts messages that were dropped, and says so: at most once in a minute for each backend and reason. */
export class DroppedMessages {
  readonly #said = new Map<string, Said>();

  constructor(
    private readonly log: Pick<Log, 'warn'>,
    private readonly count: (backend: string, reason: DropReason) => void,
    private readonly nowMs: () => number = Date.now,
  ) {}

  note(backend: string, reason: DropReason): void {
    this.count(backend, reason);
    const key = `${backend} ${reason}`;
    const said = this.#said.get(key) ?? { atMs: Number.NEGATIVE_INFINITY, unsaid: 0 };
    this.#said.set(key, said);
    said.unsaid += 1;
    if (this.nowMs() - said.atMs < SAY_AGAIN_AFTER_MS) return;
    this.log.warn('backend-message-dropped', { backend, reason, messages: said.unsaid });
    said.atMs = this.nowMs();
    said.unsaid = 0;
  }
}
