import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { randomUUID } from 'node:crypto';
import { tooLate } from '../backends/backend-response.client.js';
import { Cancellation } from '../backends/cancellation.js';
import { noRoom } from '../backends/read-messages.client.js';
import type { Principal } from '../incoming-auth/principal.js';
import type { RawObject } from '../json/raw-json.js';
import { EVENT_STREAM_TYPE, JSON_TYPE } from '../mcp/answer.js';
import { idIn, metaOf, type JsonObject } from '../mcp/message.js';
import type { AskedRequest } from '../refusals/parked-state.js';
import type { HeldBytes } from './bytes-in-flight.js';
import type { Call } from './call.js';
import { KeptResponse } from './kept-response.flow.js';
import { responseText, type GateFacts, type Verdict } from './message-gate.js';
import { questionsResult, repeatedPart, type ParkedQuestion } from './parked-questions.js';
import { RelayedAnswer } from './relayed-answer.js';
import { statusOfError } from './translate-answer.js';

/** Questions that a backend asks at the same time are rarely in one packet; a person does not notice this. */
const GATHER_MS = 20;

/** Where calls wait for their clients. */
export interface ParkingPlaces {
  /** @returns false when there is none. */
  enter(call: ParkedCall): boolean;
  leave(call: ParkedCall): void;
  /** @returns `requestState` for the questions that are open now. */
  stateFor(call: ParkedCall): string;
  /** It failed while nobody waited for it. */
  failedAlone(backend: string, error: GatehouseError): void;
}

/**
 * One call at a backend with sessions, for a client that cannot be asked on a stream (MCP 2026-07-28, multi round-trip
 * requests). When the backend asks, the request that waits gets the questions as its result. The exchange with the backend
 * goes on here, until a request comes back with the answers.
 */
export class ParkedCall {
  readonly id = randomUUID();
  readonly cancellation = new Cancellation();
  readonly answer = new RelayedAnswer();
  #newest: Call;
  #waiting: PromiseWithResolvers<void> | undefined;
  #questions = new Map<string, ParkedQuestion>();
  #asked = 0;
  #round = 0;
  #hasPlace = false;
  #request: AskedRequest | undefined;
  #gathering: NodeJS.Timeout | undefined;
  readonly #kept = new KeptResponse();
  #exchange: Promise<void> = Promise.resolve();

  constructor(
    first: Call,
    readonly backend: string,
    private readonly places: ParkingPlaces,
    /** What is kept meanwhile counts as its person's. */
    private readonly bytes: HeldBytes,
    /** Also how long an answer is kept for a client that comes back for it. */
    readonly answerWithinMs: number,
  ) {
    this.#newest = first;
  }

  /** The backend's own name for what was called. */
  get original(): string | undefined {
    return this.#newest.record?.original;
  }

  get principal(): Principal {
    return this.#newest.principal;
  }

  /** Which questions are open: those of an earlier round cannot be answered any more. */
  get round(): number {
    return this.#round;
  }

  /** Nobody waits for the exchange at the moment. */
  get isParked(): boolean {
    return this.#waiting === undefined;
  }

  /** What the client said in its newest request that it can do. */
  get capabilities(): JsonObject {
    const { client } = this.#newest;
    return client.era === 'modern' ? client.envelope.capabilities : {};
  }

  /** The facts of the first request, with the newest one in its place. */
  gateFacts(facts: GateFacts): GateFacts {
    const newest = (): Call => this.#newest;
    return {
      ...facts,
      sentProgressToken: facts.sentProgressToken ?? facts.progressToken,
      parked: this,
      get client() {
        return newest().client;
      },
      get id() {
        return newest().message.id;
      },
      get progressToken() {
        return idIn(metaOf(newest().message.params)?.get('progressToken'));
      },
    };
  }

  /** Resolves when the first request was answered, by the result or by questions. @throws {GatehouseError} when it was not. */
  async run(exchange: () => Promise<void>): Promise<void> {
    const answered = this.#wait(this.#newest);
    this.#exchange = exchange().then(
      () => this.#over(undefined),
      (error: unknown) => this.#over(GatehouseError.from(error)),
    );
    await answered;
  }

  /**
   * A request that repeats the call, with answers; the same holds for it. What it does not answer is asked again.
   * @throws {RefusedJson} when its answers cannot be read; nothing has changed then.
   */
  async resume(call: Call): Promise<void> {
    const given = call.message.params.get('inputResponses')?.object();
    const answers = new Map(
      [...this.#questions.keys()].flatMap((key) => {
        const result = given?.get(key)?.object();
        return result === undefined ? [] : [[key, result] as const];
      }),
    );
    const answered = this.#wait(call);
    this.#round += 1;
    if (this.#kept.isThere) {
      // A backend that has answered this call waits for no answers in it.
      this.#answerOthers(answers, call.principal);
      this.#handOver();
    } else this.#goOn(answers, call.principal);
    await answered;
  }

  /** @returns the key under which the client answers it; `undefined` when it cannot be asked. */
  ask(question: ParkedQuestion): string | undefined {
    if (!this.#hasPlace && !this.#enter()) return undefined;
    if (!this.bytes.take(question.params?.length ?? 0)) {
      this.#leaveUnlessAsked();
      return undefined;
    }
    this.#asked += 1;
    const key = `question_${this.#asked}`;
    this.#questions.set(key, question);
    if (!this.isParked) this.#gathering ??= setTimeout(() => this.#park(), GATHER_MS);
    return key;
  }

  /** The backend does not wait for that answer any more. */
  takeBack(key: string): void {
    const question = this.#questions.get(key);
    this.#questions.delete(key);
    question?.takenBack();
    this.#leaveUnlessAsked();
  }

  /** Ends the call, and resolves when nothing of it runs any more. */
  async end(reason: GatehouseError): Promise<void> {
    this.cancellation.cancel(reason);
    await this.#exchange;
  }

  /** Keeps a response until somebody waits for it. */
  keep(byteLength: number, judge: () => Verdict): void {
    if (this.bytes.take(byteLength)) this.#kept.keep(judge);
    else this.cancellation.cancel(noRoom(this.backend));
  }

  /** Resolves when no response is kept any more. @throws {GatehouseError} why nobody will have it. */
  async handedOver(): Promise<void> {
    await this.#kept.taken(this.cancellation, this.answerWithinMs, tooLate(this.backend));
  }

  /** What its retry has to have in common with it. */
  get request(): AskedRequest {
    return (this.#request ??= askedRequest(this.#newest));
  }

  async #wait(call: Call): Promise<void> {
    this.#newest = call;
    this.#waiting = Promise.withResolvers();
    this.answer.to(call.answer);
    await this.#waiting.promise;
  }

  #enter(): boolean {
    // The parameters stay in memory as long as the exchange does; their request does not count any more.
    const { byteLength } = repeatedPart(this.#newest.message.params);
    if (!this.bytes.take(byteLength)) return false;
    this.#hasPlace = this.places.enter(this);
    if (this.#hasPlace) this.#round += 1;
    else this.bytes.giveBack();
    return this.#hasPlace;
  }

  #leave(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.bytes.giveBack();
    if (this.#hasPlace) this.places.leave(this);
    this.#hasPlace = false;
  }

  #goOn(answers: ReadonlyMap<string, RawObject>, by: Principal): void {
    for (const [key, result] of answers) {
      const question = this.#questions.get(key);
      this.#questions.delete(key);
      question?.answer(result, by);
    }
    if (this.#questions.size > 0) this.#park();
    else {
      this.#leave();
      this.answer.begin(200, EVENT_STREAM_TYPE);
    }
  }

  /** What was asked beside all calls. */
  #answerOthers(answers: ReadonlyMap<string, RawObject>, by: Principal): void {
    for (const [key, question] of this.#questions) {
      const result = answers.get(key);
      if (!question.isBeside) continue;
      if (result === undefined) question.refuse();
      else question.answer(result, by);
    }
    this.#questions.clear();
  }

  /** A client that was asked comes back, whatever became of the questions. */
  #leaveUnlessAsked(): void {
    if (this.#questions.size === 0 && !this.isParked) this.#leave();
  }

  /** Answers the request that waits with the questions. */
  #park(): void {
    this.#gathering = undefined;
    const waiting = this.#waiting;
    if (waiting === undefined || this.#questions.size === 0) return;
    const { answer } = this;
    const value = questionsResult(this.#questions, this.places.stateFor(this));
    const text = responseText(this.#newest.message.id, { member: 'result', value });
    if (answer.begun) answer.lastMessage(text);
    else answer.pieces(200, JSON_TYPE, text);
    this.#waiting = undefined;
    answer.release();
    waiting.resolve();
  }

  #handOver(): void {
    const verdict = this.#kept.take();
    if (verdict?.kind === 'response') {
      const { client } = this.#newest;
      const { errorCode: code, text } = verdict;
      this.answer.pieces(code === undefined ? 200 : statusOfError(client, { code }), JSON_TYPE, text);
    } else this.#waiting?.reject(NO_RESPONSE);
  }

  #over(error: GatehouseError | undefined): void {
    this.#leave();
    this.#answerOthers(NO_ANSWERS, this.principal);
    this.#kept.drop();
    const waiting = this.#waiting;
    if (error === undefined) waiting?.resolve();
    else if (waiting === undefined) this.places.failedAlone(this.backend, error);
    else waiting.reject(error);
  }
}

const NO_ANSWERS: ReadonlyMap<string, RawObject> = new Map();

const NO_RESPONSE = new GatehouseError(
  'backend_unavailable',
  'the answer is not the response to the request',
  {
    details: { ran: 'maybe' },
  },
);

/** What a request has in common with every retry of it. */
export const askedRequest = ({ principal, scope, message, target }: Call): AskedRequest => ({
  principalKey: principal.key,
  endpoint: scope.place,
  method: message.method,
  name: target.name ?? '',
  digest: repeatedPart(message.params).digest,
});
