import type { ClientAnswer, LegacyClient, Sent } from '../client.fixture.js';
import { isObject, type JsonObject } from '../mcp/message.js';

/** What a client says to a question: `result` or `error`; `undefined`: nothing, for now. */
export type Says = (question: JsonObject) => JsonObject | undefined;

export interface Asked {
  readonly answer: ClientAnswer;
  /** Requests of the server on the stream of the call. */
  readonly questions: readonly JsonObject[];
  readonly notifications: readonly JsonObject[];
}

/** Messages of an event stream, as far as it has come. */
export const messagesIn = (text: string): readonly JsonObject[] =>
  text
    .split('\n\n')
    .slice(0, -1)
    .flatMap((event) => {
      const data = event
        .split('\n')
        .flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []))
        .join('\n');
      const message: unknown = data === '' ? undefined : JSON.parse(data);
      return isObject(message) ? [message] : [];
    });

/** A call of a client that answers what it is asked on its stream. */
export async function callAndAnswer(
  client: LegacyClient,
  [method, params]: readonly [string, JsonObject],
  says: Says,
  sent: Sent = {},
): Promise<Asked> {
  const questions: JsonObject[] = [];
  const notifications: JsonObject[] = [];
  let seen = 0;
  const answer = await client.request(method, params, {
    ...sent,
    heard: (text) => {
      const messages = messagesIn(text);
      for (const message of messages.slice(seen)) {
        if (!('method' in message)) continue;
        if (!('id' in message)) {
          notifications.push(message);
          continue;
        }
        questions.push(message);
        const said = says(message);
        if (said !== undefined) void client.respond(message['id'], said);
      }
      seen = messages.length;
      sent.heard?.(text);
    },
  });
  return { answer, questions, notifications };
}
