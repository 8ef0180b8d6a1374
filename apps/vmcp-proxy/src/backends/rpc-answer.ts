import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { isObject, type JsonObject } from '../edge/message.js';
import { parseFaithfully } from '../edge/faithful-json.js';
import { tooLarge, type BackendResponse } from './backend-response.js';
import { ENDS_ITSELF_WITHIN_MS, EventReader, isEventStream } from './server-sent-events.js';

const MOST_ANSWER_BYTES = 33_554_432;

export type RpcAnswer =
  | { readonly kind: 'result'; readonly result: JsonObject; readonly status: number }
  | { readonly kind: 'error'; readonly code: number; readonly error: JsonObject; readonly status: number };

/**
 * Reads the one JSON-RPC answer to a request of ours, from a JSON or an event-stream body; other messages in the stream
 * are not for us, and what follows the answer is not waited for.
 * @throws {GatehouseError} `backend_unavailable` when there is none.
 */
export async function readAnswer(response: BackendResponse, backend: string, id: string): Promise<RpcAnswer> {
  const answer = isEventStream(response.headers['content-type'])
    ? await answerInStream(response, backend, id)
    : asAnswer(await response.text(MOST_ANSWER_BYTES), id, response.status);
  if (answer !== undefined) return answer;
  throw new GatehouseError('backend_unavailable', `no JSON-RPC answer, HTTP status ${response.status}`, {
    details: { backend, ran: response.status < 300 ? 'maybe' : 'no' },
  });
}

async function answerInStream(
  response: BackendResponse,
  backend: string,
  id: string,
): Promise<RpcAnswer | undefined> {
  const reader = new EventReader();
  const answerIn = (texts: readonly string[]): RpcAnswer | undefined =>
    texts.map((text) => asAnswer(text, id, response.status)).find((answer) => answer !== undefined);
  let length = 0;
  let found = false;
  return await new Promise((resolve, reject) => {
    response.pipe({
      data: (chunk) => {
        if (found) return true;
        length += chunk.length;
        const answer = answerIn(reader.push(chunk));
        if (answer !== undefined) {
          found = true;
          resolve(answer);
          // The connection can be used again if the end comes by itself.
          response.expireAfter(ENDS_ITSELF_WITHIN_MS);
        } else if (length > MOST_ANSWER_BYTES) response.stop(tooLarge(backend));
        return true;
      },
      end: () => resolve(answerIn(reader.end())),
      fail: reject,
    });
  });
}

/** @param id of the request; an error of the transport may come without it. */
function asAnswer(text: string, id: string, status: number): RpcAnswer | undefined {
  let body: unknown;
  try {
    body = parseFaithfully(text);
  } catch {
    return undefined;
  }
  if (!isObject(body)) return undefined;
  const { error, result } = body;
  if (isObject(error) && (body['id'] === id || body['id'] === null || body['id'] === undefined)) {
    const code = typeof error['code'] === 'number' ? error['code'] : 0;
    return { kind: 'error', code, error, status };
  }
  return body['id'] === id && isObject(result) ? { kind: 'result', result, status } : undefined;
}
