import type { BackendMessage } from '../backends/backend-message.js';
import type { Peer } from '../backends/peer.js';
import type { Peers } from '../backends/peers.client.js';
import type { HeldValue, Pieces } from '../json/held-value.js';
import { joinJson, joinPieces } from '../json/raw-json.js';
import { errorText, idKey, type JsonObject, type RequestId } from '../mcp/message.js';
import { GATEWAY_FAILURE, METHOD_NOT_FOUND } from '../mcp/protocol.js';
import type { Principal } from '../incoming-auth/principal.js';
import type { McpSession } from '../mcp-sessions/mcp-session.js';
import type { BackendQuestions } from './backend-questions.js';
import { isDeclared } from './declared.js';
import type { DropReason } from './dropped-messages.js';
import type { ParkedCall } from './parked-call.flow.js';
import type { TaskRelay } from './task-relay.js';
import { MAX_INPUT_REQUIRED_BYTES } from './translate-answer.js';

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
  /** Where the client is asked by a result instead. */
  readonly parked?: Pick<ParkedCall, 'capabilities' | 'ask' | 'takeBack'> | undefined;
  /** Callers who cannot be told apart share the backend's stream: none of them is asked what may be meant for another. */
  readonly isShared?: boolean;
  /** Where what is asked may belong to a task. */
  readonly tasks?: TaskRelay | undefined;
  /** No call runs whose end would end the questions. */
  readonly isBetweenCalls?: true;
  /** A question is open, so that the call takes as long as a person does; or none is any more. */
  readonly waits: (forClient: boolean) => void;
  /** The backend did not take an answer: the call would wait for it until its time is over. */
  readonly undelivered: () => void;
}

/** What one backend asks in the course of one call: the client gets what it declared, under ids of ours. */
export class RequestsInCall {
  /** Our ids, by the backend's. */
  readonly #asked = new Map<string, string>();
  /** The backend's ids of those that are open, by ours. */
  readonly #unanswered = new Map<string, RequestId>();
  readonly #elicitations = new Set<unknown>();
  #open = 0;
  #replies = 0;

  constructor(
    private readonly facts: RequestFacts,
    private readonly questions: BackendQuestions,
    private readonly peers: Pick<Peers, 'answerQuestion' | 'keeps'>,
  ) {}

  /** Whether the client can be asked that, and has not been asked too much. */
  mayAsk(request: BackendRequest): boolean {
    if (this.facts.isShared === true || request.params?.isAmbiguous === true) return false;
    return this.#asked.size < MAX_QUESTIONS && isDeclared(askedIn(request), this.#capabilities);
  }

  /** @returns what to send to the client; why the request is dropped; or that it is answered, now or by a later request. */
  take(request: BackendRequest): Pieces | DropReason | 'answered' {
    if (request.method === 'ping') return this.#reply(request.id, { result: {} }, 'answered');
    if (request.params?.isAmbiguous === true) return 'malformed';
    if (this.facts.isShared === true) return this.#refuse(request.id, 'shared_session');
    const { parked } = this.facts;
    if (!isDeclared(askedIn(request), this.#capabilities))
      return this.#refuse(request.id, 'undeclared_request');
    const key = idKey(request.id);
    if (key === undefined || this.#asked.has(key)) return 'malformed';
    const id = this.#asked.size < MAX_QUESTIONS ? this.#ask(request) : undefined;
    if (id === undefined) return this.#refuse(request.id, 'too_many_requests');
    this.#asked.set(key, id);
    if (parked !== undefined) return 'answered';
    const elicitationId = request.params?.member('elicitationId')?.parsed(MAX_WORD_BYTES);
    if (typeof elicitationId === 'string') this.#elicitations.add(elicitationId);
    const { tasks } = this.facts;
    const pieces = request.params && (tasks?.asked(request.params) ?? request.params.pieces);
    const params = pieces === undefined ? [] : [',"params":', ...pieces];
    return [`{"jsonrpc":"2.0","id":"${id}","method":${JSON.stringify(request.method)}`, ...params, '}'];
  }

  /** Something is open. */
  get isWaiting(): boolean {
    return this.#unanswered.size > 0;
  }

  /** The client knows a request of this backend by this id, if it was asked in this call. */
  idAtClient(id: RequestId): string | undefined {
    return this.#asked.get(idKey(id) ?? '');
  }

  /** The backend takes back what the client knows by this id. @returns false when the client has to be told. */
  takeBack(idAtClient: string): boolean {
    const { parked, session } = this.facts;
    parked?.takeBack(idAtClient);
    if (session !== undefined) this.questions.take(session.digest, idAtClient)?.answered();
    return parked !== undefined;
  }

  /** Whether this backend asked for that in this call. */
  hasElicited(elicitationId: unknown): boolean {
    return this.#elicitations.has(elicitationId);
  }

  /**
   * The call is over: nobody can be asked in it any more, and the backend does not wait for nothing.
   * @param say tells the client, where it can still be told.
   */
  close(say: (text: Pieces) => unknown): void {
    const { session, backend, principal, peer, tasks } = this.facts;
    for (const [idAtClient, id] of this.#unanswered) {
      if (session !== undefined) {
        this.questions.take(session.digest, idAtClient);
        say([`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"${idAtClient}"}}`]);
      }
      // A session that was dropped may belong to an account that its person has left.
      // A task goes on without the request that asked about it.
      if (tasks === undefined && this.peers.keeps(peer))
        this.peers.answerQuestion(backend, principal, peer, errorText(id, OVER));
    }
    this.#unanswered.clear();
  }

  get #capabilities(): JsonObject {
    const { parked, session } = this.facts;
    return ((this.#canReply ? (parked ?? session) : undefined) ?? NOBODY).capabilities;
  }

  /** Without a session there is no way back to the one who asked. */
  get #canReply(): boolean {
    const { peer } = this.facts;
    return peer.era === 'legacy' && peer.session !== undefined;
  }

  #ask(request: BackendRequest): string | undefined {
    const { session, parked, waits } = this.facts;
    const given: { id?: string | undefined } = {};
    const answered = (): void => {
      this.#unanswered.delete(given.id ?? '');
      this.#open -= 1;
      if (this.#open === 0) waits(false);
    };
    const asked =
      parked === undefined
        ? this.#askSession(session, request, answered)
        : this.#park(parked, request, answered);
    if (asked === undefined) return undefined;
    given.id = asked;
    this.#unanswered.set(asked, request.id);
    this.#open += 1;
    waits(true);
    return asked;
  }

  #askSession(
    session: McpSession | undefined,
    { id }: BackendRequest,
    answered: () => void,
  ): string | undefined {
    const { backend, principal, peer, undelivered, isBetweenCalls } = this.facts;
    // The person may have left the account of that session long before the answer.
    const isWanted = isBetweenCalls === true ? () => this.peers.keeps(peer) : undefined;
    const question = { backend, principal, peer, id, answered, undelivered, isWanted };
    return session && this.questions.ask(session.digest, question);
  }

  #park(
    parked: Pick<ParkedCall, 'ask'>,
    { id, method, params }: BackendRequest,
    answered: () => void,
  ): string | undefined {
    const { backend, peer, undelivered } = this.facts;
    if (params !== undefined && params.byteLength > MAX_INPUT_REQUIRED_BYTES) return undefined;
    // The answers come much later.
    if (!this.peers.keeps(peer)) return undefined;
    return parked.ask({
      method,
      params: params && asInResult(params),
      answer: (result, by) => {
        answered();
        const body = ['{"jsonrpc":"2.0","id":', JSON.stringify(id), ',"result":', joinJson(result), '}'];
        this.peers.answerQuestion(backend, by, peer, joinPieces(body), undelivered);
      },
      takenBack: answered,
    });
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

const NOBODY = { capabilities: {} };
const OVER = { code: GATEWAY_FAILURE, message: 'the call is over: nobody answers any more' };
const ELICITATION_ID = new Set(['elicitationId']);

/** A URL that a result asks the client to open has no id: nobody can tell the client that it is done. */
const asInResult = (params: HeldValue): Buffer =>
  Buffer.concat(params.replacing(ELICITATION_ID, {}).map((piece) => Buffer.from(piece)));

function askedIn({ method, params }: BackendRequest): Parameters<typeof isDeclared>[0] {
  const usesTools = params?.member('tools') !== undefined || params?.member('toolChoice') !== undefined;
  return { method, mode: params?.member('mode')?.parsed(MAX_WORD_BYTES), usesTools };
}
