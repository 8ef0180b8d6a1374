import type { BackendMessage } from '../backends/backend-message.js';
import type { Peer } from '../backends/peer.js';
import type { Peers } from '../backends/peers.client.js';
import type { Pieces } from '../json/held-value.js';
import { idKey, type JsonObject, type RequestId } from '../mcp/message.js';
import { METHOD_NOT_FOUND } from '../mcp/protocol.js';
import type { Principal } from '../incoming-auth/principal.js';
import type { McpSession } from '../mcp-sessions/mcp-session.js';
import type { BackendQuestions } from './backend-questions.js';
import { isDeclared } from './declared.js';
import type { DropReason } from './dropped-messages.js';

type BackendRequest = Extract<BackendMessage, { kind: 'request' }>;

/** Each is something that a user may have to look at. */
const MAX_QUESTIONS = 32;
/** Each is a request to the backend. */
const MAX_REPLIES = 32;
const MAX_WORD_BYTES = 1_024;

export interface RequestFacts {
  readonly backend: string;
  readonly principal: Principal;
  readonly peer: Peer;
  /** The client's; absent where a client cannot be asked on a stream. */
  readonly session: McpSession | undefined;
  /** A question is open, so that the call takes as long as a person does; or none is any more. */
  readonly waits: (forClient: boolean) => void;
}

/** What one backend asks in the course of one call: the client gets what it declared, under ids of ours. */
export class RequestsInCall {
  /** Our ids, by the backend's. */
  readonly #asked = new Map<string, string>();
  readonly #elicitations = new Set<unknown>();
  #open = 0;
  #replies = 0;

  constructor(
    private readonly facts: RequestFacts,
    private readonly questions: BackendQuestions,
    private readonly peers: Pick<Peers, 'answerQuestion'>,
  ) {}

  /** @returns what to send to the client; why the request is dropped; or that it is answered. */
  take(request: BackendRequest): Pieces | DropReason | 'answered' {
    if (request.method === 'ping') return this.#reply(request.id, { result: {} }, 'answered');
    const session = this.#canReply ? this.facts.session : undefined;
    if (request.params?.isAmbiguous === true) return 'malformed';
    if (session === undefined || !isDeclared(askedIn(request), session.capabilities))
      return this.#refuse(request.id, 'undeclared_request');
    const key = idKey(request.id);
    if (key === undefined || this.#asked.has(key)) return 'malformed';
    const id = this.#asked.size < MAX_QUESTIONS ? this.#ask(session, request.id) : undefined;
    if (id === undefined) return this.#refuse(request.id, 'too_many_requests');
    this.#asked.set(key, id);
    const elicitationId = request.params?.member('elicitationId')?.parsed(MAX_WORD_BYTES);
    if (typeof elicitationId === 'string') this.#elicitations.add(elicitationId);
    const params = request.params === undefined ? [] : [',"params":', ...request.params.pieces];
    return [`{"jsonrpc":"2.0","id":"${id}","method":${JSON.stringify(request.method)}`, ...params, '}'];
  }

  /** The client knows a request of this backend by this id, if it was asked in this call. */
  idAtClient(id: RequestId): string | undefined {
    return this.#asked.get(idKey(id) ?? '');
  }

  /** Whether this backend asked for that in this call. */
  hasElicited(elicitationId: unknown): boolean {
    return this.#elicitations.has(elicitationId);
  }

  /** The call is over: nobody waits for answers any more. */
  close(): void {
    const { session } = this.facts;
    if (session !== undefined) for (const id of this.#asked.values()) this.questions.take(session.id, id);
  }

  /** Without a session there is no way back to the one who asked. */
  get #canReply(): boolean {
    const { peer } = this.facts;
    return peer.era === 'legacy' && peer.session !== undefined;
  }

  #ask(session: McpSession, id: RequestId): string | undefined {
    const { backend, principal, peer, waits } = this.facts;
    const asked = this.questions.ask(session.id, {
      backend,
      principal,
      peer,
      id,
      answered: () => {
        this.#open -= 1;
        if (this.#open === 0) waits(false);
      },
    });
    if (asked === undefined) return undefined;
    this.#open += 1;
    waits(true);
    return asked;
  }

  #refuse(id: RequestId, reason: DropReason): DropReason {
    const error = { code: METHOD_NOT_FOUND, message: 'the client cannot do that' };
    return this.#reply(id, { error }, reason);
  }

  #reply<Said>(id: RequestId, outcome: JsonObject, said: Said): Said {
    const { backend, principal, peer } = this.facts;
    if (this.#canReply && this.#replies < MAX_REPLIES) {
      this.#replies += 1;
      const response = JSON.stringify({ jsonrpc: '2.0', id, ...outcome });
      this.peers.answerQuestion(backend, principal, peer, response);
    }
    return said;
  }
}

function askedIn({ method, params }: BackendRequest): Parameters<typeof isDeclared>[0] {
  const usesTools = params?.member('tools') !== undefined || params?.member('toolChoice') !== undefined;
  return { method, mode: params?.member('mode')?.parsed(MAX_WORD_BYTES), usesTools };
}
