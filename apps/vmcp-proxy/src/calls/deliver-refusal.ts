import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { MessageReader } from '../backends/message-reader.js';
import type { BackendResponse } from '../backends/backend-response.client.js';
import type { Peer } from '../backends/peer.js';
import { retryAfterSeconds } from '../backends/retry-after.js';
import { JSON_TYPE } from '../mcp/answer.js';
import type { Call } from './call.js';
import { responseText } from './message-gate.js';
import { isPage, pageRefused, statusOfError, translateError } from './translate-answer.js';

/**
 * Hands an answer with another status than 2xx to the client. A JSON-RPC error is the client's to read, whatever HTTP status
 * it came with; it answers this very request, whatever id a server gives it that did not read ours.
 * @returns the code of that error
 * @throws {GatehouseError} when there is none.
 */
export function deliverRefusal(
  { client, message, target, answer }: Call,
  peer: Peer,
  { status, headers }: Pick<BackendResponse, 'status' | 'headers'>,
  text: string,
): number {
  const reader = new MessageReader();
  reader.push(Buffer.from(text));
  const [refusal] = reader.end();
  if (refusal?.kind !== 'error') throw refused(status, retryAfterSeconds(headers['retry-after'], Date.now()));
  const outcome =
    client.era === peer.era
      ? ({ member: 'error', value: refusal.error.pieces, code: refusal.parsed.code } as const)
      : translateError(refusal.parsed, { client, target });
  const shown = outcome.member === 'error' ? statusOfError(client, outcome) : 200;
  answer.pieces(shown, JSON_TYPE, responseText(message.id, outcome));
  return refusal.parsed.code;
}

/**
 * Whether the user was asked to open a page, and said no. A backend of an earlier revision asks in the error of a call that did
 * nothing; called once more, it would only ask again.
 */
export function saysNo({ client, message }: Pick<Call, 'client' | 'message'>): boolean {
  if (client.era !== 'modern') return false;
  const responses = message.params.get('inputResponses')?.object();
  return (responses?.names ?? []).some((key) => {
    const action = isPage(key) ? responses?.get(key)?.object()?.get('action')?.text() : undefined;
    return action === 'decline' || action === 'cancel';
  });
}

export function deliverNo({ client, message, target, answer }: Call): void {
  answer.pieces(200, JSON_TYPE, responseText(message.id, pageRefused({ client, target })));
}

/** What the backend says about when to come again goes on. */
const refused = (status: number, waitSeconds: number | undefined): GatehouseError =>
  new GatehouseError(status === 429 ? 'busy' : 'backend_unavailable', `HTTP status ${status}`, {
    evidence: { status },
    details: {
      ran: status < 500 ? 'no' : 'maybe',
      ...(waitSeconds === undefined ? {} : { retryAfterSeconds: String(waitSeconds) }),
    },
  });
