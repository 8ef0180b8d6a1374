import { LongWork } from '@gatehouse/kernel/long-work';
import type { RawJson } from '../json/raw-json.js';
import { JSON_TYPE, type Answer } from '../mcp/answer.js';
import { BatchedAnswer, BatchRoom } from './batched-answer.js';
import { asMessage, errorText, type Message } from '../mcp/message.js';
import { INVALID_REQUEST } from '../mcp/protocol.js';

const MAX_MESSAGES = 50;
/** All answers together may be as large as one answer may. */
const MAX_ANSWER_BYTES = 33_554_432;

/** Answers each message of a batch and sends all answers as one array (JSON-RPC 2.0, section 6). */
export async function answerBatch(
  values: readonly RawJson[],
  answer: Answer,
  run: (message: Message, part: BatchedAnswer) => Promise<void>,
): Promise<void> {
  if (values.length === 0 || values.length > MAX_MESSAGES) {
    const message = `a batch has 1 to ${MAX_MESSAGES} messages`;
    answer.whole(400, JSON_TYPE, errorText(null, { code: INVALID_REQUEST, message }));
    return;
  }
  const room = new BatchRoom(MAX_ANSWER_BYTES);
  const work = new LongWork();
  const running: Promise<readonly string[]>[] = [];
  const answered = async (value: RawJson): Promise<readonly string[]> => {
    const message = asMessage(value);
    if (message === undefined || (message.kind === 'request' && message.method === 'initialize'))
      return [errorText(null, { code: INVALID_REQUEST, message: 'not a message that a batch may have' })];
    const part = new BatchedAnswer(message.kind === 'request' ? message.id : undefined, room, answer);
    await run(message, part);
    return await part.texts();
  };
  for (const value of values) {
    running.push(answered(value));
    await work.pause();
  }
  const all = (await Promise.all(running)).flat();
  if (all.length === 0) answer.empty(202);
  else answer.whole(200, JSON_TYPE, `[${all.join(',')}]`);
}
