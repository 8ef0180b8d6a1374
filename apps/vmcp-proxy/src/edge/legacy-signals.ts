import type { Peers } from '../backends/peers.client.js';
import type { BackendQuestions } from '../calls/backend-questions.js';
import type { InFlight } from '../calls/in-flight.js';
import { joinJson, OwnJson } from '../json/raw-json.js';
import { idIn, type NotificationMessage, type ResponseMessage } from '../mcp/message.js';
import type { McpSession } from '../mcp-sessions/mcp-session.js';

/** What a client of the revisions with sessions sends without an answer of its own. */
export class LegacySignals {
  constructor(
    private readonly inFlight: Pick<InFlight, 'cancel'>,
    private readonly questions: Pick<BackendQuestions, 'take'>,
    private readonly peers: Pick<Peers, 'answerQuestion'>,
  ) {}

  notified(session: McpSession, { method, params }: NotificationMessage): void {
    if (method === 'notifications/cancelled') this.inFlight.cancel(session.id, idIn(params.get('requestId')));
  }

  /** The client answers what a backend asked it; an answer to nothing that is open here is dropped. */
  answered(session: McpSession, { id, body }: ResponseMessage): void {
    const question = this.questions.take(session.id, id);
    if (question === undefined) return;
    question.answered();
    if (question.answer !== undefined) {
      question.answer(body);
      return;
    }
    const answer = body.with('id', new OwnJson(question.id));
    this.peers.answerQuestion(question.backend, question.principal, question.peer, joinJson(answer));
  }
}
