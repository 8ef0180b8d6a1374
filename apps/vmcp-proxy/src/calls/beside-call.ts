import type { BackendMessage } from '../backends/backend-message.js';
import type { QuestionOpened, StreamMember } from '../backends/session-stream.client.js';
import type { AsideAnswer } from './aside-answer.flow.js';
import type { CallTime } from './call-time.js';
import type { DropReason } from './dropped-messages.js';
import type { MessageGate } from './message-gate.js';
import type { RequestsInCall } from './requests-in-call.flow.js';

export interface BesideFacts {
  readonly gate: MessageGate;
  readonly requests: RequestsInCall;
  readonly answer: AsideAnswer;
  readonly time: Pick<CallTime, 'sessionAsks'>;
  /** The client reads event streams. */
  readonly canStream: boolean;
  /** Callers who cannot be told apart share the session: nothing in it says whom it is about. */
  readonly isShared: boolean;
  readonly dropped: (reason: DropReason) => void;
}

/** What a backend says beside the answer to a call, and means for its client: on a stream of the session. */
export class BesideCall implements StreamMember {
  constructor(private readonly facts: BesideFacts) {}

  joined(opened: QuestionOpened): void {
    this.facts.requests.joined(opened);
  }

  sessionAsks(open: number): void {
    this.facts.time.sessionAsks(open);
  }

  take(message: BackendMessage): boolean {
    const { gate, requests, answer, dropped } = this.facts;
    if (answer.isOver || !this.#mayBeFor(message)) return false;
    if (message.kind === 'request' && !requests.mayAsk(message)) return false;
    const verdict = gate.judge(message, true);
    if (verdict.kind === 'dropped') {
      if (message.kind !== 'request') return false;
      dropped(verdict.reason);
      return true;
    }
    if (verdict.kind !== 'other') return true;
    if (message.kind === 'notification' && answer.isFull) {
      dropped('slow_client');
      return true;
    }
    return answer.say(verdict.text);
  }

  /** Progress and cancellations name what they are about. */
  #mayBeFor(message: BackendMessage): boolean {
    const { canStream, isShared } = this.facts;
    if (message.kind === 'request') return !isShared;
    if (message.kind !== 'notification') return false;
    const { method } = message;
    if (method === 'notifications/cancelled') return true;
    return canStream && (!isShared || method === 'notifications/progress');
  }
}
