import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { MessageReader } from '../backends/message-reader.js';
import type { BackendResponse } from '../backends/backend-response.client.js';
import type { Peer } from '../backends/peer.js';
import { retryAfterSeconds } from '../backends/retry-after.js';
import { JSON_TYPE } from '../mcp/answer.js';
import type { Call } from './call.js';
import { responseText } from './message-gate.js';
import { statusOfError, translateError } from './translate-answer.js';

/**
 * Hands an answer with another status than 2xx to the client. A JSON-RPC error is the client's to read, whatever HTTP status
 * it came with; it answers this very request, whatever id a server gives it that did not read ours.
 * @throws {GatehouseError} when there is none.
 */
export function deliverRefusal(
  { client, message, target, answer }: Call,
  peer: Peer,
  { status, headers }: Pick<BackendResponse, 'status' | 'headers'>,
  text: string,
): void {
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
}

/** What the backend says about when to come again goes on. */
const refused = (status: number, waitSeconds: number | undefined): GatehouseError =>
  new GatehouseError(status === 429 ? 'busy' : 'backend_unavailable', `HTTP status ${status}`, {
    details: {
      ran: status < 500 ? 'no' : 'maybe',
      ...(waitSeconds === undefined ? {} : { retryAfterSeconds: String(waitSeconds) }),
    },
  });
