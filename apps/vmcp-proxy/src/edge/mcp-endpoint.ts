import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Log } from '@gatehouse/observability/log';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isJson } from '../mcp/server-sent-events.js';
import type { Callers } from '../incoming-auth/caller.js';
import {
  challenge,
  type ChallengeFacts,
  type ChallengeReason,
  type ChallengeStatus,
} from '../incoming-auth/challenge.js';
import { personKey, type Principal } from '../incoming-auth/principal.js';
import type { RawJson } from '../json/raw-json.js';
import { RefusedJson } from '../json/refused-json.js';
import type { McpSession } from '../mcp-sessions/mcp-session.js';
import type { McpSessionStore } from '../mcp-sessions/mcp-session.store.js';
import { HttpAnswer } from './http-answer.js';
import { JSON_TYPE, type Answer, type AnswerHeaders } from '../mcp/answer.js';
import { answerBatch } from './batch.js';
import { corsHeaders, preflightHeaders } from './cors.js';
import { eraOf } from '../mcp/era.js';
import { hostAllowed, originAllowed, type AllowedPeers } from './host-and-origin.js';
import type { LegacyRequests } from './legacy-requests.js';
import { asMessage, errorText, type Message, type RequestId } from '../mcp/message.js';
import type { ModernRequests } from './modern-requests.js';
import {
  INTERNAL_ERROR,
  INVALID_REQUEST,
  isLegacyVersion,
  LEGACY_VERSIONS,
  PARSE_ERROR,
  TRANSPORT_REFUSAL,
} from '../mcp/protocol.js';
import type { Body, RequestBodies } from './request-body.js';

export interface EndpointFacts {
  readonly peers: AllowedPeers;
  readonly challenge: ChallengeFacts;
}

/** `POST /mcp` (and its `GET`, `DELETE`, `OPTIONS`): every check that comes before a message is looked at, then its dispatch. */
export class McpEndpoint {
  constructor(
    private readonly facts: EndpointFacts,
    private readonly callers: Callers,
    private readonly bodies: RequestBodies,
    private readonly sessions: McpSessionStore,
    private readonly modern: ModernRequests,
    private readonly legacy: LegacyRequests,
    private readonly log: Pick<Log, 'failure'>,
  ) {}

  /** Answers one HTTP request, whatever happens. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { origin, host } = request.headers;
    if (!originAllowed(this.facts.peers, origin) || !hostAllowed(this.facts.peers, host)) {
      refuse(new HttpAnswer(response, {}), 403, 'this origin may not call the gateway');
      return;
    }
    const answer = new HttpAnswer(response, corsHeaders(origin));
    try {
      await this.#admit(request, answer);
    } catch (error) {
      this.#fail(answer, error);
    }
  }

  /** 401 for a caller whose session turned out to be over. */
  challenge(answer: Answer, status: ChallengeStatus, reason: ChallengeReason): void {
    answer.empty(status, { 'www-authenticate': challenge(this.facts.challenge, reason) });
  }

  async #admit(request: IncomingMessage, answer: HttpAnswer): Promise<void> {
    if (request.method === 'OPTIONS') {
      answer.empty(204, preflightHeaders(request.headers['access-control-request-headers']));
      return;
    }
    const identified = this.callers.identify(request);
    const caller = identified instanceof Promise ? await identified : identified;
    switch (caller.kind) {
      case 'challenge':
        this.challenge(answer, caller.status, caller.reason);
        return;
      case 'unavailable':
        unavailable(answer);
        return;
      case 'principal':
        if (request.method === 'POST') await this.#post(request, caller.principal, answer);
        else if (request.method === 'DELETE') await this.#delete(request, caller.principal, answer);
        else refuse(answer, 405, 'this method is not offered', { allow: 'POST, DELETE' });
    }
  }

  async #post(request: IncomingMessage, principal: Principal, answer: HttpAnswer): Promise<void> {
    if (!isJson(request.headers['content-type'])) {
      refuse(answer, 415, 'the content type must be application/json');
      return;
    }
    await this.bodies.read(request, personKey(principal), async (body) => {
      if (body.kind === 'json') await this.#json(body.json, request, principal, answer);
      else refuseBody(body, answer);
    });
  }

  async #json(
    json: RawJson,
    request: IncomingMessage,
    principal: Principal,
    answer: HttpAnswer,
  ): Promise<void> {
    const batch = json.elements();
    if (batch !== undefined) {
      await this.#batch(batch, request, principal, answer);
      return;
    }
    const message = asMessage(json);
    if (message === undefined) refuseMessage(answer, 'the body is not a JSON-RPC 2.0 message');
    else await this.#message(message, request, principal, answer);
  }

  async #message(
    message: Message,
    request: IncomingMessage,
    principal: Principal,
    answer: Answer,
  ): Promise<void> {
    if (message.kind !== 'response') {
      const era = eraOf(message, request.headers);
      if (era.era === 'refused') {
        answer.whole(400, JSON_TYPE, errorText(message.kind === 'request' ? message.id : null, era.error));
        return;
      }
      if (era.era === 'modern') {
        // A modern client cancels by closing its request; there is no other notification that anybody here waits for.
        if (message.kind === 'notification') answer.empty(202);
        else await this.modern.answer(principal, era.envelope, message, request.headers, answer);
        return;
      }
      if (message.kind === 'request' && message.method === 'initialize') {
        await this.legacy.initialize(principal, message, answer);
        return;
      }
    }
    const session = await this.#session(
      request,
      principal,
      answer,
      message.kind === 'notification' ? null : message.id,
    );
    if (session === undefined) return;
    if (message.kind === 'request')
      await this.legacy.answer(principal, session, message, request.headers, answer);
    else {
      if (message.kind === 'notification') this.legacy.notified(session, message);
      else this.legacy.answered(session, message);
      answer.empty(202);
    }
  }

  /** The legacy session that the request names; refuses the request where it must. */
  async #session(
    request: IncomingMessage,
    principal: Principal,
    answer: Answer,
    id: RequestId,
  ): Promise<McpSession | undefined> {
    const { 'mcp-session-id': sessionId, 'mcp-protocol-version': version } = request.headers;
    if (typeof version === 'string' && !isLegacyVersion(version)) {
      refuse(answer, 400, `MCP-Protocol-Version must be one of ${LEGACY_VERSIONS.join(', ')}`, {}, id);
      return undefined;
    }
    if (typeof sessionId !== 'string') {
      refuse(answer, 400, 'the Mcp-Session-Id header is missing', {}, id);
      return undefined;
    }
    const found = this.sessions.find(principal, sessionId);
    const session = found instanceof Promise ? await found : found;
    // Somebody else's is not told apart from one that never was.
    if (session === undefined) refuse(answer, 404, 'there is no such session', {}, id);
    return session;
  }

  async #delete(request: IncomingMessage, principal: Principal, answer: HttpAnswer): Promise<void> {
    const session = await this.#session(request, principal, answer, null);
    if (session === undefined) return;
    await this.legacy.end(principal, session);
    answer.empty(200);
  }

  /** Arrays are known to 2025-03-26 only. */
  async #batch(
    values: readonly RawJson[],
    request: IncomingMessage,
    principal: Principal,
    answer: HttpAnswer,
  ): Promise<void> {
    const { 'mcp-protocol-version': version = '2025-03-26', 'mcp-session-id': sessionId } = request.headers;
    if (version !== '2025-03-26' || typeof sessionId !== 'string') {
      refuseMessage(answer, 'batches are not spoken here');
      return;
    }
    const session = await this.#session(request, principal, answer, null);
    if (session === undefined) return;
    if (session.protocolVersion !== '2025-03-26') {
      refuseMessage(answer, 'this session speaks a revision without batches');
      return;
    }
    await answerBatch(values, answer, async (message, part) => {
      try {
        await this.#message(message, request, principal, part);
      } catch (error) {
        this.#fail(part, error, message.kind === 'notification' ? null : message.id);
      }
    });
  }

  #fail(answer: Answer, error: unknown, id: RequestId = null): void {
    const failure = GatehouseError.from(error);
    if (failure instanceof RefusedJson && !answer.begun) {
      answer.whole(400, JSON_TYPE, errorText(id, { code: INVALID_REQUEST, message: failure.publicText }));
      return;
    }
    this.log.failure('mcp-request-failed', failure);
    if (answer.begun) answer.breakOff();
    else if (failure.facts.owner === 'capacity') unavailable(answer);
    else if (failure.code === 'request_invalid') refuse(answer, 400, failure.publicText, {}, id);
    else answer.whole(500, JSON_TYPE, errorText(id, { code: INTERNAL_ERROR, message: failure.publicText }));
  }
}

/** Refusals of the transport itself are errors without the id of a request that was not read. */
function refuse(
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

function refuseBody(body: Exclude<Body, { readonly kind: 'json' }>, answer: Answer): void {
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

const refuseMessage = (answer: Answer, message: string): void =>
  answer.whole(400, JSON_TYPE, errorText(null, { code: INVALID_REQUEST, message }));

const unavailable = (answer: Answer, headers: AnswerHeaders = {}): void =>
  refuse(answer, 503, 'the gateway cannot answer right now; try again shortly', {
    'retry-after': '2',
    ...headers,
  });
