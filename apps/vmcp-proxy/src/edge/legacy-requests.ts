import type { IncomingHttpHeaders } from 'node:http';
import { GATEWAY_INFO } from '../mcp/gateway-info.js';
import type { Peers } from '../backends/peers.js';
import type { BackendQuestions } from '../calls/backend-questions.js';
import type { Calls } from '../calls/calls.flow.js';
import type { InFlight } from '../calls/in-flight.js';
import { targetOf } from '../calls/call-target.js';
import type { Catalog } from '../catalog/catalog.js';
import { joinJson, OwnJson } from '../json/raw-json.js';
import type { Principal } from '../incoming-auth/principal.js';
import type { McpSession } from '../mcp-sessions/mcp-session.js';
import type { McpSessionStore } from '../mcp-sessions/mcp-session.store.js';
import { JSON_TYPE, type Answer } from '../mcp/answer.js';
import { INSTRUCTIONS, LEGACY_CAPABILITIES } from '../mcp/capabilities.js';
import { LIST_METHODS, answerList } from './list-answer.js';
import {
  errorText,
  idIn,
  isObject,
  resultText,
  type NotificationMessage,
  type RequestMessage,
  type ResponseMessage,
} from '../mcp/message.js';
import { INVALID_PARAMS, isLegacyVersion, LEGACY_VERSIONS, METHOD_NOT_FOUND } from '../mcp/protocol.js';

const LOG_LEVELS: ReadonlySet<unknown> = new Set([
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
]);

/** Requests of the revisions with sessions. */
export class LegacyRequests {
  constructor(
    private readonly sessions: McpSessionStore,
    private readonly catalog: Catalog,
    private readonly calls: Calls,
    private readonly running: { readonly inFlight: InFlight; readonly questions: BackendQuestions },
    private readonly peers: Peers,
    private readonly backends: readonly string[],
  ) {}

  /** Starts a session. The client's revision is used where it is known here, else our newest of those with sessions. */
  async initialize(principal: Principal, { id, params }: RequestMessage, answer: Answer): Promise<void> {
    const asked = params.get('protocolVersion')?.text();
    const clientInfo = params.get('clientInfo')?.value();
    const capabilities = params.get('capabilities')?.value();
    if (asked === undefined) {
      answer.whole(
        400,
        JSON_TYPE,
        errorText(id, { code: INVALID_PARAMS, message: 'protocolVersion is missing' }),
      );
      return;
    }
    const protocolVersion = isLegacyVersion(asked) ? asked : LEGACY_VERSIONS[0];
    const session = await this.sessions.open(principal, {
      protocolVersion,
      clientInfo: isObject(clientInfo) ? clientInfo : {},
      capabilities: isObject(capabilities) ? capabilities : {},
    });
    const result = {
      protocolVersion,
      capabilities: LEGACY_CAPABILITIES,
      serverInfo: GATEWAY_INFO,
      instructions: INSTRUCTIONS,
    };
    answer.whole(200, JSON_TYPE, resultText(id, result), { 'mcp-session-id': session.id });
  }

  async answer(
    principal: Principal,
    session: McpSession,
    message: RequestMessage,
    headers: IncomingHttpHeaders,
    answer: Answer,
  ): Promise<void> {
    const { id, method } = message;
    const target = targetOf(message);
    if (target !== undefined) {
      await this.calls.run({
        target,
        principal,
        client: { era: 'legacy', session },
        message,
        headers,
        answer,
      });
      return;
    }
    const kind = LIST_METHODS.get(method);
    if (kind !== undefined) {
      await answerList(this.catalog, principal, message, kind, 'legacy', answer);
      return;
    }
    if (method === 'ping') answer.whole(200, JSON_TYPE, resultText(id, {}));
    else if (method === 'logging/setLevel') await this.#setLogLevel(principal, session, message, answer);
    else
      answer.whole(
        200,
        JSON_TYPE,
        errorText(id, { code: METHOD_NOT_FOUND, message: `there is no method ${method}` }),
      );
  }

  notified(session: McpSession, { method, params }: NotificationMessage): void {
    if (method === 'notifications/cancelled')
      this.running.inFlight.cancel(session.id, idIn(params.get('requestId')));
  }

  /** The client answers what a backend asked it; an answer to nothing that is open here is dropped. */
  answered(session: McpSession, { id, body }: ResponseMessage): void {
    const question = this.running.questions.take(session.id, id);
    if (question === undefined) return;
    question.answered();
    const answer = body.with('id', new OwnJson(question.id));
    this.peers.answerQuestion(question.backend, question.principal, question.peer, joinJson(answer));
  }

  async end(principal: Principal, session: McpSession): Promise<void> {
    await this.sessions.end(session);
    this.peers.end(principal, session.id, this.backends);
  }

  async #setLogLevel(
    principal: Principal,
    session: McpSession,
    { id, params }: RequestMessage,
    answer: Answer,
  ): Promise<void> {
    const level = params.get('level')?.text();
    if (level === undefined || !LOG_LEVELS.has(level)) {
      answer.whole(200, JSON_TYPE, errorText(id, { code: INVALID_PARAMS, message: 'unknown log level' }));
      return;
    }
    await this.sessions.setLogLevel(session, level);
    this.peers.setLogLevel(principal, session.id, this.backends, level);
    answer.whole(200, JSON_TYPE, resultText(id, {}));
  }
}
