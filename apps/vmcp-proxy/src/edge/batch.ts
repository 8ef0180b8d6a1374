import { EventReader, isEventStream } from '../backends/server-sent-events.js';
import { BatchedAnswer, JSON_TYPE, type HttpAnswer } from './answer.js';
import { asMessage, errorText, type Message } from './message.js';
import { INVALID_REQUEST } from './protocol.js';

const MOST_MESSAGES = 50;

/** Answers each message of a batch and sends all answers as one array (JSON-RPC 2.0, section 6). */
export async function answerBatch(
  values: readonly unknown[],
  answer: HttpAnswer,
  run: (message: Message, part: BatchedAnswer) => Promise<void>,
): Promise<void> {
  if (values.length === 0 || values.length > MOST_MESSAGES) {
    const message = `a batch has 1 to ${MOST_MESSAGES} messages`;
    answer.whole(400, JSON_TYPE, errorText(null, { code: INVALID_REQUEST, message }));
    return;
  }
  const texts = await Promise.all(
    values.map(async (value) => {
      const message = asMessage(value);
      if (message === undefined || (message.kind === 'request' && message.method === 'initialize'))
        return [errorText(null, { code: INVALID_REQUEST, message: 'not a message that a batch may have' })];
      const part = new BatchedAnswer(answer);
      await run(message, part);
      return await textsOf(part);
    }),
  );
  const all = texts.flat();
  if (all.length === 0) answer.empty(202);
  else answer.whole(200, JSON_TYPE, `[${all.join(',')}]`);
}

/** The JSON texts in one part: its JSON body, or the messages of its event stream. */
async function textsOf(part: BatchedAnswer): Promise<readonly string[]> {
  const { contentType, body } = await part.collected();
  if (body.length === 0) return [];
  if (!isEventStream(contentType)) return [body.toString()];
  return new EventReader().push(Buffer.concat([body, Buffer.from('\n\n')]));
}
