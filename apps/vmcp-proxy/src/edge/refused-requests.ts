import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Log } from '@gatehouse/observability/log';
import { RefusedJson } from '../json/refused-json.js';
import { JSON_TYPE, type Answer, type AnswerHeaders } from '../mcp/answer.js';
import { errorText, type RequestId } from '../mcp/message.js';
import { INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR, TRANSPORT_REFUSAL } from '../mcp/protocol.js';
import type { Body } from './request-body.js';

/** Answers a request that could not be answered otherwise. @param id of the request; a stream that has begun ends with its error. */
export function fail(answer: Answer, error: unknown, log: Pick<Log, 'failure'>, id: RequestId = null): void {
  const failure = GatehouseError.from(error);
  const isEventStream = answer.isEventStream && id !== null;
  if (failure instanceof RefusedJson && (isEventStream || !answer.begun)) {
    const text = errorText(id, { code: INVALID_REQUEST, message: failure.publicText });
    if (isEventStream) answer.lastMessage([text]);
    else answer.whole(400, JSON_TYPE, text);
    return;
  }
  log.failure('mcp-request-failed', failure);
  // The status has been sent.
  if (isEventStream) answer.lastMessage([internalError(failure, id)]);
  else if (answer.begun) answer.breakOff();
  else if (failure.facts.owner === 'capacity') unavailable(answer);
  else if (failure.code === 'request_invalid') refuse(answer, 400, failure.publicText, {}, id);
  else answer.whole(500, JSON_TYPE, internalError(failure, id));
}

const internalError = ({ publicText }: GatehouseError, id: RequestId): string =>
  errorText(id, { code: INTERNAL_ERROR, message: publicText });

/** Refusals of the transport itself are errors without the id of a request that was not read. */
export function refuse(
  answer: Answer,
  status: number,
  message: string,
  headers: AnswerHeaders = {},
  id: RequestId = null,
): void {
  answer.whole(status, JSON_TYPE, errorText(id, { code: TRANSPORT_REFUSAL, message }), headers);
}

/** What is still on its way is not read: the connection cannot be used again. */
const CLOSING: AnswerHeaders = { connection: 'close' };

export function refuseBody(body: Exclude<Body, { readonly kind: 'json' }>, answer: Answer): void {
  switch (body.kind) {
    case 'too_large':
      refuse(answer, 413, 'the body is too large', CLOSING);
      break;
    case 'in_crumbs':
      refuse(answer, 400, 'the body comes in too many small pieces', CLOSING);
      break;
    case 'busy':
      unavailable(answer, CLOSING);
      break;
    case 'refused': {
      const code = body.reason.fault === 'invalid' ? PARSE_ERROR : INVALID_REQUEST;
      answer.whole(400, JSON_TYPE, errorText(null, { code, message: body.reason.publicText }));
      break;
    }
    case 'gone':
  }
}

export const refuseMessage = (answer: Answer, message: string): void =>
  answer.whole(400, JSON_TYPE, errorText(null, { code: INVALID_REQUEST, message }));

export const unavailable = (answer: Answer, headers: AnswerHeaders = {}): void =>
  refuse(answer, 503, 'the gateway cannot answer right now; try again shortly', {
    'retry-after': '2',
    ...headers,
  });
