import type { BackendMessage } from '../backends/backend-message.js';
import type { Peer } from '../backends/peer.js';
import { AnotherAccount } from '../backends/authorized-backend.flow.js';
import type { Refused } from '../backends/peer-messages.client.js';
import type { Peers } from '../backends/peers.client.js';
import type { QuestionOpened } from '../backends/session-stream.client.js';
import type { HeldValue, Pieces } from '../json/held-value.js';
import { joinJson, OwnJson, RawObject } from '../json/raw-json.js';
import { errorText, idKey, type JsonObject, type RequestId, type RpcError } from '../mcp/message.js';
import { GATEWAY_FAILURE, METHOD_NOT_FOUND } from '../mcp/protocol.js';
import type { Principal } from '../incoming-auth/principal.js';
import type { McpSession } from '../mcp-sessions/mcp-session.js';
import type { BackendQuestions } from './backend-questions.js';
import { isDeclared } from './declared.js';
import type { DropReason } from './dropped-messages.js';
import type { ParkedCall } from './parked-call.flow.js';
import { SessionQuestion } from './session-question.flow.js';
import type { TaskRelay } from './task-relay.js';
import { MAX_INPUT_REQUIRED_BYTES } from './translate-answer.js';

type BackendRequest = Extract<BackendMessage, { kind: 'request' }>;

/** Each is something that a user may have to look at. */
const MAX_QUESTIONS = 32;
/** Each is a request to the backend. */
const MAX_REPLIES = 32;
const MAX_WORD_BYTES = 1_024;

interface RequestFacts {
  readonly backend: string;
  readonly principal: Principal;
  readonly peer: Peer;
  /** The client's; absent where a client cannot be asked on a stream. */
  readonly session: McpSession | undefined;
  /** Where the client is asked by a result instead. */
  readonly parked?: Pick<ParkedCall, 'capabilities' | 'ask' | 'takeBack'> | undefined;
  /** Callers who cannot be told apart share the backend's stream: none of them is asked what may be meant for another. */
  readonly isShared?: boolean;
  /** What is asked on the stream of the call comes on the one stream of the session: it may be meant for another call. */
  readonly isOneStream?: boolean;
  /** Where what is asked may belong to a task. */
  readonly tasks?: TaskRelay | undefined;
  /** One more question is open, so that the call takes as long as a person does; or one less is. */
  readonly waits: (forClient: boolean) => void;
  /** The backend did not take an answer: the call would wait for it until its time is over. */
  readonly undelivered: Refused;
}

/** What a backend has asked. */
class Questions {
  /** Our ids, by the backend's. */
  readonly asked = new Map<string, string>();
  /** The backend's ids of those that are open, by ours. */
  readonly unanswered = new Map<string, RequestId>();
  readonly elicitations = new Set<unknown>();
  /** Those that may be meant for another call, by our ids. */
  readonly besides = new Map<string, Pick<SessionQuestion, 'refuse'>>();
}

/** What one backend asks in the course of one call: the client gets what it declared, under ids of ours. */
export class RequestsInCall {
  /** Hardly any call has one: it is made where it is looked for. */
  #made: Questions | undefined;
  #opened: QuestionOpened = () => () => undefined;
  #replies = 0;

  #isOver = false;
  /** What is asked beside a call may be answered when the call is made once more, in another session. */
  readonly #undelivered: Refused = (error) => {
    if (!this.#isOver) this.facts.undelivered(error);
  };

  constructor(
    private readonly facts: RequestFacts,
    private readonly questions: BackendQuestions,
    private readonly peers: Pick<Peers, 'answerQuestion' | 'keeps' | 'isLeft'>,
  ) {}

  /** @param opened see {@link StreamMember} */
  joined(opened: QuestionOpened): void {
    this.#opened = opened;
  }

  /** Whether the client can be asked that, and has not been asked too much. */
  mayAsk(request: BackendRequest): boolean {
    if (this.facts.isShared === true || request.params?.isAmbiguous === true) return false;
    // Then its call ends.
    if (this.peers.isLeft(this.facts.peer)) return true;
    return this.#questions.asked.size < MAX_QUESTIONS && isDeclared(askedIn(request), this.#capabilities);
  }

  /**
   * @param isBeside it came on the stream of the session.
   * @returns what to send to the client; why the request is dropped; or that it is answered, now or by a later request.
   */
  take(
    request: BackendRequest,
    isBeside = this.facts.isOneStream === true,
  ): Pieces | DropReason | 'answered' {
    // Nothing depends on it: where it is not answered, its call goes on.
    if (request.method === 'ping') return this.#reply(request.id, { result: {} }, 'answered');
    if (this.peers.isLeft(this.facts.peer)) {
      this.#undelivered(new AnotherAccount(this.facts.backend));
      return 'left_account';
    }
    if (request.params?.isAmbiguous === true) return 'malformed';
    if (this.facts.isShared === true) return this.#refuse(request.id, 'shared_session');
    const { parked } = this.facts;
    if (!isDeclared(askedIn(request), this.#capabilities))
      return this.#refuse(request.id, 'undeclared_request');
    const key = idKey(request.id);
    if (key === undefined || this.#questions.asked.has(key)) return 'malformed';
    const id = this.#questions.asked.size < MAX_QUESTIONS ? this.#ask(request, isBeside) : undefined;
    if (id === undefined) return this.#refuse(request.id, 'too_many_requests');
    this.#questions.asked.set(key, id);
    if (parked !== undefined) return 'answered';
    const elicitationId = request.params?.member('elicitationId')?.parsed(MAX_WORD_BYTES);
    if (typeof elicitationId === 'string') this.#questions.elicitations.add(elicitationId);
    const { tasks, session, backend } = this.facts;
    if (session !== undefined) this.questions.pages.note(session.digest, backend, elicitationId);
    const pieces = request.params && (tasks?.asked(request.params) ?? request.params.pieces);
    const params = pieces === undefined ? [] : [',"params":', ...pieces];
    return [`{"jsonrpc":"2.0","id":"${id}","method":${JSON.stringify(request.method)}`, ...params, '}'];
  }

  /** Something is open. */
  get isWaiting(): boolean {
    return (this.#made?.unanswered.size ?? 0) > 0;
  }

  /** The client knows a request of this backend by this id, if it was asked in this call. */
  idAtClient(id: RequestId): string | undefined {
    return this.#questions.asked.get(idKey(id) ?? '');
  }

  /** The backend takes back what the client knows by this id. @returns false when the client has to be told. */
  takeBack(idAtClient: string): boolean {
    const { parked, session } = this.facts;
    parked?.takeBack(idAtClient);
    if (session !== undefined) this.questions.take(session.digest, idAtClient)?.answered();
    return parked !== undefined;
  }

  /** The client gets an error that may ask it to open pages. */
  askedByError(error: RpcError): void {
    const { session, backend } = this.facts;
    if (session !== undefined) this.questions.pages.noteError(session.digest, backend, error);
  }

  /** Whether this backend asked that client for that, in this call or before it. */
  hasElicited(elicitationId: unknown): boolean {
    const { session, backend } = this.facts;
    if (this.#questions.elicitations.has(elicitationId)) return true;
    return session !== undefined && this.questions.pages.has(session.digest, backend, elicitationId);
  }

  /**
   * The call is over: nobody can be asked in it any more, and the backend does not wait for nothing. What was asked beside all
   * calls may be what another one waits for.
   * @param say tells the client, where it can still be told.
   * @param isCancelled the client does not look at its questions any more.
   */
  close(say: (text: Pieces) => unknown, isCancelled: boolean): void {
    const { session, tasks } = this.facts;
    this.#isOver = true;
    for (const [idAtClient, id] of this.#made?.unanswered ?? []) {
      const beside = this.#questions.besides.get(idAtClient);
      if (beside !== undefined) {
        if (isCancelled) beside.refuse();
        continue;
      }
      this.#questions.unanswered.delete(idAtClient);
      if (session !== undefined) {
        this.questions.take(session.digest, idAtClient);
        say([`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"${idAtClient}"}}`]);
      }
      // A task goes on without the request that asked about it.
      if (tasks === undefined) this.#fail(id, OVER);
    }
  }

  get #questions(): Questions {
    return (this.#made ??= new Questions());
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

  #ask(request: BackendRequest, isBeside: boolean): string | undefined {
    const { session, parked, waits } = this.facts;
    const given: { id?: string | undefined } = {};
    let settled = (): void => undefined;
    const answered = (): void => {
      this.#questions.unanswered.delete(given.id ?? '');
      settled();
      waits(false);
    };
    const asked =
      parked === undefined
        ? session && this.#askSession(session, request, answered, isBeside)
        : this.#park(parked, request, answered, isBeside);
    if (asked === undefined) return undefined;
    given.id = asked;
    this.#questions.unanswered.set(asked, request.id);
    if (isBeside) settled = this.#opened();
    waits(true);
    return asked;
  }

  #askSession(
    { digest }: McpSession,
    { id }: BackendRequest,
    answered: () => void,
    isBeside: boolean,
  ): string | undefined {
    const { backend, principal, peer } = this.facts;
    const undelivered = this.#undelivered;
    const isWanted = isBeside ? () => this.peers.keeps(peer) : undefined;
    const question = { backend, principal, peer, id, answered, undelivered, isWanted };
    if (!isBeside) return this.questions.ask(digest, question);
    const asked = new SessionQuestion(answered, () => {
      if (idAtClient !== undefined) this.questions.take(digest, idAtClient);
      this.#fail(id, UNANSWERED);
    });
    const idAtClient = this.questions.ask(digest, { ...question, answered: () => asked.answered() });
    if (idAtClient === undefined) asked.forget();
    else this.#questions.besides.set(idAtClient, asked);
    return idAtClient;
  }

  #park(
    parked: Pick<ParkedCall, 'ask'>,
    { id, method, params }: BackendRequest,
    answered: () => void,
    isBeside: boolean,
  ): string | undefined {
    const { backend, peer } = this.facts;
    if (params !== undefined && params.byteLength > MAX_INPUT_REQUIRED_BYTES) return undefined;
    const refuse = (): void => {
      if (!this.#questions.unanswered.has(key ?? '')) return;
      answered();
      this.#fail(id, UNANSWERED);
    };
    const key = parked.ask({
      method,
      params: params && asInResult(params),
      answer: (result, by) => {
        answered();
        const say = (response: RawObject): void => {
          this.peers.answerQuestion(backend, by, peer, joinJson(response), this.#undelivered);
        };
        const given = RESPONSE.with('id', new OwnJson(id)).with('result', result);
        const response = this.questions.response(given, backend, by);
        if (response instanceof Promise) void response.then(say);
        else say(response);
      },
      takenBack: answered,
      isBeside,
      refuse,
    });
    if (key !== undefined && isBeside) this.#questions.besides.set(key, { refuse });
    return key;
  }

  /** There are no more of these than questions. */
  #fail(id: RequestId, error: RpcError): void {
    const { backend, principal, peer } = this.facts;
    this.peers.answerQuestion(backend, principal, peer, errorText(id, error));
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
      this.peers.answerQuestion(backend, principal, peer, response, (why) => {
        // What it asked for in the name of that account nobody answers any more.
        if (why instanceof AnotherAccount && said !== 'answered') this.#undelivered(why);
      });
    }
    return said;
  }
}

const RESPONSE = RawObject.EMPTY.with('jsonrpc', new OwnJson('2.0'));
const NOBODY = { capabilities: {} };
const OVER = { code: GATEWAY_FAILURE, message: 'the call is over: nobody answers any more' };
const UNANSWERED = { code: GATEWAY_FAILURE, message: 'the client was asked, and gives no answer' };
const ELICITATION_ID = new Set(['elicitationId']);

/** A URL that a result asks the client to open has no id: nobody can tell the client that it is done. */
const asInResult = (params: HeldValue): Buffer =>
  Buffer.concat(params.replacing(ELICITATION_ID, {}).map((piece) => Buffer.from(piece)));

function askedIn({ method, params }: BackendRequest): Parameters<typeof isDeclared>[0] {
  const usesTools = params?.member('tools') !== undefined || params?.member('toolChoice') !== undefined;
  return { method, mode: params?.member('mode')?.parsed(MAX_WORD_BYTES), usesTools };
}
