import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { isObject, type JsonObject } from '../edge/message.js';
import { parseFaithfully } from '../edge/faithful-json.js';
import type { BackendResponse } from './backend-response.js';
import { EventReader, isEventStream } from './server-sent-events.js';

const MOST_ANSWER_BYTES = 33_554_432;

export type RpcAnswer =
  | { readonly kind: 'result'; readonly result: JsonObject; readonly status: number }
  | { readonly kind: 'error'; readonly code: number; readonly error: JsonObject; readonly status: number };

/**
 * Reads the one JSON-RPC answer to a request of ours, from a JSON or an event-stream body; other messages in the stream
 * are not for us. @throws {GatehouseError} `backend_unavailable` when there is none.
 */
export async function readAnswer(response: BackendResponse, backend: string, id: string): Promise<RpcAnswer> {
  const text = await response.text(MOST_ANSWER_BYTES);
  const texts = isEventStream(response.headers['content-type'])
    ? new EventReader().push(terminated(text))
    : [text];
  for (const candidate of texts) {
    const answer = asAnswer(candidate, id, response.status);
    if (answer !== undefined) return answer;
  }
  throw new GatehouseError('backend_unavailable', `no JSON-RPC answer, HTTP status ${response.status}`, {
    details: { backend, ran: response.status < 300 ? 'maybe' : 'no' },
  });
}

const terminated = (text: string): Uint8Array => Buffer.from(`${text}\n\n`);

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
