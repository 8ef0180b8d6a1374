import type { Log } from '@gatehouse/observability/log';
import type { RawJson } from '../json/raw-json.js';
import { EVENT_STREAM_TYPE, JSON_TYPE } from '../mcp/answer.js';
import { eraOf } from '../mcp/era.js';
import { asMessage, errorText, type Message, type RequestId } from '../mcp/message.js';
import { isLegacyVersion, LEGACY_VERSIONS } from '../mcp/protocol.js';
import type { McpSession } from '../mcp-sessions/mcp-session.js';
import type { McpSessionStore } from '../mcp-sessions/mcp-session.store.js';
import { answerBatch } from './batch.js';
import type { Incoming } from './incoming.js';
import type { LegacyRequests } from './legacy-requests.js';
import type { LegacySignals } from './legacy-signals.flow.js';
import type { ModernRequests } from './modern-requests.js';
import { fail, refuse, refuseMessage } from './refused-requests.js';
import type { StreamResumption } from './stream-resumption.flow.js';

/** Decides which revision and which session a message belongs to, and hands it to the part that answers it. */
export class Messages {
  constructor(
    private readonly sessions: McpSessionStore,
    private readonly requests: { readonly modern: ModernRequests; readonly legacy: LegacyRequests },
    private readonly signals: LegacySignals,
    private readonly streams: Pick<StreamResumption, 'answer'>,
    private readonly log: Pick<Log, 'failure'>,
  ) {}

  /** Answers the body of a request: a message, or a batch of them. */
  answer(json: RawJson, incoming: Incoming): Promise<void> | undefined {
    const batch = json.elements();
    if (batch !== undefined) return this.#batch(batch, incoming);
    const message = asMessage(json);
    if (message !== undefined) return this.#message(message, incoming);
    refuseMessage(incoming.answer, 'the body is not a JSON-RPC 2.0 message');
    return undefined;
  }

  /** Ends the session that the request names. */
  async end(incoming: Incoming): Promise<void> {
    const session = await this.#session(incoming, null);
    if (session === undefined) return;
    await this.requests.legacy.end(session);
    incoming.answer.empty(200);
  }

  /** Opens a stream of the session that the request names, or goes on with one. Only clients with sessions listen in this way. */
  async listen(incoming: Incoming): Promise<void> {
    const { answer, headers } = incoming;
    const { 'mcp-session-id': sessionId, 'mcp-protocol-version': version, accept = '' } = headers;
    if (sessionId === undefined || (typeof version === 'string' && !isLegacyVersion(version))) {
      refuse(answer, 405, 'without a session there is nothing to listen to', { allow: 'POST' });
      return;
    }
    if (!accept.includes(EVENT_STREAM_TYPE)) {
      refuse(answer, 406, `the Accept header must list ${EVENT_STREAM_TYPE}`);
      return;
    }
    const session = await this.#session(incoming, null);
    if (session !== undefined) await this.streams.answer(incoming, session);
  }

  #message(message: Message, incoming: Incoming): Promise<void> | undefined {
    const { answer } = incoming;
    if (message.kind === 'response') return this.#inSession(message, incoming);
    const era = eraOf(message, incoming.headers);
    if (era.era === 'refused') {
      answer.whole(400, JSON_TYPE, errorText(message.kind === 'request' ? message.id : null, era.error));
      return undefined;
    }
    if (era.era === 'modern') {
      if (message.kind === 'request') return this.requests.modern.answer(incoming, era.envelope, message);
      // A modern client cancels by closing its request; there is no other notification that anybody here waits for.
      answer.empty(202);
      return undefined;
    }
    return message.kind === 'request' && message.method === 'initialize'
      ? this.requests.legacy.initialize(incoming, message)
      : this.#inSession(message, incoming);
  }

  async #inSession(message: Message, incoming: Incoming): Promise<void> {
    const { answer } = incoming;
    const session = await this.#session(incoming, message.kind === 'notification' ? null : message.id);
    if (session === undefined) return;
    if (message.kind === 'request') await this.requests.legacy.answer(incoming, session, message);
    else {
      if (message.kind === 'notification') await this.signals.notified(session, message);
      else await this.signals.answered(session, message);
      answer.empty(202);
    }
  }

  /** The legacy session that the request names; refuses the request where it must. */
  async #session(
    { principal, scope, headers, answer }: Incoming,
    id: RequestId,
  ): Promise<McpSession | undefined> {
    const { 'mcp-session-id': sessionId, 'mcp-protocol-version': version } = headers;
    if (typeof version === 'string' && !isLegacyVersion(version)) {
      refuse(answer, 400, `MCP-Protocol-Version must be one of ${LEGACY_VERSIONS.join(', ')}`, {}, id);
      return undefined;
    }
    if (typeof sessionId !== 'string') {
      refuse(answer, 400, 'the Mcp-Session-Id header is missing', {}, id);
      return undefined;
    }
    const found = this.sessions.find(principal, scope.place, sessionId);
    const session = found instanceof Promise ? await found : found;
    // The session of another person, or of another endpoint, looks like one that never existed.
    if (session === undefined) refuse(answer, 404, 'there is no such session', {}, id);
    return session;
  }

  /** Arrays are known to 2025-03-26 only. */
  async #batch(values: readonly RawJson[], incoming: Incoming): Promise<void> {
    const { headers, answer } = incoming;
    const { 'mcp-protocol-version': version = '2025-03-26', 'mcp-session-id': sessionId } = headers;
    if (version !== '2025-03-26' || typeof sessionId !== 'string') {
      refuseMessage(answer, 'batches are not spoken here');
      return;
    }
    const session = await this.#session(incoming, null);
    if (session === undefined) return;
    if (session.protocolVersion !== '2025-03-26') {
      refuseMessage(answer, 'this session speaks a revision without batches');
      return;
    }
    await answerBatch(values, answer, async (message, part) => {
      try {
        await this.#message(message, { ...incoming, answer: part });
      } catch (error) {
        fail(part, error, this.log, message.kind === 'notification' ? null : message.id);
      }
    });
  }
}
