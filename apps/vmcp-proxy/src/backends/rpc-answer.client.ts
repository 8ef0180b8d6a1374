import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { HeldValue } from '../json/held-value.js';
import type { BackendMessage } from './backend-message.js';
import { tooLarge, type BackendResponse } from './backend-response.client.js';
import { fed } from './fed-stream.client.js';
import { MessageStream } from './message-stream.js';
import { readMessages } from './read-messages.client.js';
import type { RequestId } from '../mcp/message.js';
import { ENDS_ITSELF_WITHIN_MS, isEventStream } from '../mcp/server-sent-events.js';

const MAX_ANSWER_BYTES = 4_194_304;

export type RpcAnswer =
  { readonly kind: 'result'; readonly result: HeldValue } | { readonly kind: 'error'; readonly code: number };

/** Hears of a request that the backend makes before it answers. */
export type OnRequest = (id: RequestId, method: string) => void;

/**
 * Reads the one JSON-RPC answer to a request of ours, from a JSON or an event-stream body; other messages in the stream
 * are not for us, and what follows the answer is not waited for.
 * @throws {GatehouseError} `backend_unavailable` when there is none.
 */
export async function readAnswer(
  response: BackendResponse,
  backend: string,
  id: string,
  onRequest: OnRequest = () => undefined,
): Promise<RpcAnswer> {
  const answer = isEventStream(response.headers['content-type'])
    ? await answerInStream(response, backend, id, onRequest)
    : await answerInBody(response, backend, id);
  if (answer !== undefined) return answer;
  throw new GatehouseError('backend_unavailable', `no JSON-RPC answer, HTTP status ${response.status}`, {
    evidence: { status: response.status },
    details: { backend, ran: response.status < 300 ? 'maybe' : 'no' },
  });
}

async function answerInBody(
  response: BackendResponse,
  backend: string,
  id: string,
): Promise<RpcAnswer | undefined> {
  for (const message of await readMessages(response, backend, MAX_ANSWER_BYTES)) {
    const answer = asAnswer(message, id);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

async function answerInStream(
  response: BackendResponse,
  backend: string,
  id: string,
  onRequest: OnRequest,
): Promise<RpcAnswer | undefined> {
  return await new Promise((resolve, reject) => {
    const stream = new MessageStream(
      {
        message: (message) => {
          const answer = asAnswer(message, id);
          if (answer === undefined) {
            if (message?.kind === 'request') onRequest(message.id, message.method);
            return;
          }
          stream.skip();
          resolve(answer);
          // The connection can be used again if the end comes by itself.
          response.expireAfter(ENDS_ITSELF_WITHIN_MS);
        },
        kept: () => true,
        eventEnds: () => undefined,
        skipped: () => undefined,
        tooLarge: () => response.stop(tooLarge(backend)),
      },
      MAX_ANSWER_BYTES,
    );
    fed(stream, response).then(() => resolve(undefined), reject);
  });
}

/** @param id of the request; an error of the transport may come without it. */
function asAnswer(message: BackendMessage | undefined, id: string): RpcAnswer | undefined {
  if (message?.kind === 'error' && (message.id === undefined || message.id === id))
    return { kind: 'error', code: message.parsed.code };
  return message?.kind === 'result' && message.id === id
    ? { kind: 'result', result: message.result }
    : undefined;
}
