import { JSON_TYPE } from '../mcp/answer.js';
import type { BackendQuestions } from './backend-questions.js';
import type { Call } from './call.js';
import { InputRound, type RoundFacts } from './input-round.flow.js';
import type { InputAnswers, InputRequired } from './input-required.js';
import { LiveStream } from './live-stream.js';
import { responseText } from './message-gate.js';
import { sayText } from './translate-answer.js';

/** Each is a request to the backend. */
const MAX_ROUNDS = 16;
/** In one call; each is something that a user may have to look at. */
const MAX_QUESTIONS = 32;

/** @returns what the backend asks next; `undefined` when the call was answered. */
type SendAgain = (call: Call, answers: InputAnswers) => Promise<InputRequired | undefined>;

/**
 * A call of a client that is asked by requests, at a backend that asks by its results (MCP 2026-07-28, multi round-trip
 * requests): each question goes to the client on the stream of the call, and the call is sent again with the answers.
 */
export class InputRounds {
  constructor(
    private readonly facts: Omit<RoundFacts, 'principal'>,
    private readonly questions: BackendQuestions,
  ) {}

  /** Resolves when the client was answered. @throws {GatehouseError} when it was not, or not to the end. */
  async run(call: Call, first: InputRequired, send: SendAgain): Promise<void> {
    const stream = new LiveStream(call.answer);
    const live = { ...call, answer: stream };
    const facts = { ...this.facts, principal: call.principal };
    let asked: InputRequired | undefined = first;
    let questions = 0;
    for (let round = 1; asked !== undefined; round += 1) {
      questions += asked.requests.length;
      if (round > MAX_ROUNDS || questions > MAX_QUESTIONS) {
        giveUp(live, 'The backend asks again and again, and does not come to an end.');
        return;
      }
      const outcome = await new InputRound(facts, this.questions, stream).run(asked);
      if (outcome.kind === 'failed') {
        giveUp(live, outcome.why);
        return;
      }
      asked = await send(live, { responses: outcome.responses, requestState: asked.requestState });
    }
  }
}

function giveUp(call: Call, why: string): void {
  const outcome = sayText(`${why} It is not known whether anything was done.`, call);
  call.answer.pieces(200, JSON_TYPE, responseText(call.message.id, outcome));
}
