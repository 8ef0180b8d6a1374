import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { randomUUID } from 'node:crypto';
import type { Cancellation } from '../backends/cancellation.js';
import { pause } from '../backends/pause.flow.js';
import { MODERN } from '../backends/peer.js';
import type { Principal } from '../incoming-auth/principal.js';
import { joinJson, OwnJson, RawObject, type Json } from '../json/raw-json.js';
import { SIGN_OF_LIFE } from '../mcp/server-sent-events.js';
import type { McpSession } from '../mcp-sessions/mcp-session.js';
import type { BackendQuestions } from './backend-questions.js';
import type { CallTime } from './call-time.js';
import type { InputRequest, InputRequired } from './input-required.js';
import type { LiveStream } from './live-stream.js';

export interface RoundFacts {
  readonly backend: string;
  readonly principal: Principal;
  readonly time: CallTime;
  readonly cancellation: Cancellation;
  /** How long an event stream to the client may be silent. */
  readonly keepAliveMs: number;
}

/** What came of the questions of one round. */
type RoundOutcome =
  | { readonly kind: 'answered'; readonly responses: RawObject | undefined }
  /** The call cannot go on; why is for its client. */
  | { readonly kind: 'failed'; readonly why: string };

/** All answers of one round; as much as a request may have. */
const MAX_ANSWER_BYTES = 4_194_304;
/** A backend that asks for nothing but patience gets some. */
const PATIENCE_MS = 250;
const CANCELLED_BY_USER = new OwnJson({ action: 'cancel' });

/** The questions of one result on their way to the client, as requests on the stream of its call, and its answers. */
export class InputRound {
  /** By our ids. */
  readonly #open = new Map<string, InputRequest>();
  #responses = RawObject.EMPTY;
  #bytes = 0;
  #deadline: NodeJS.Timeout | undefined;
  #end: (outcome: RoundOutcome | GatehouseError) => void = () => undefined;

  constructor(
    private readonly facts: RoundFacts,
    private readonly questions: BackendQuestions,
    private readonly stream: LiveStream,
  ) {}

  /** @throws {GatehouseError} when the client does not answer in time, or why the call was cancelled. */
  async run({ session, requests }: InputRequired): Promise<RoundOutcome> {
    const { time, cancellation, keepAliveMs } = this.facts;
    if (cancellation.reason !== undefined) throw cancellation.reason;
    if (requests.length === 0) {
      await pause(PATIENCE_MS, cancellation);
      return { kind: 'answered', responses: undefined };
    }
    const signs = setInterval(() => this.stream.write(SIGN_OF_LIFE), keepAliveMs);
    try {
      const outcome = await new Promise<RoundOutcome | GatehouseError>((resolve) => {
        this.#end = resolve;
        time.of({ expireAfter: (ms) => this.#expireAfter(ms) });
        time.waits(true);
        cancellation.attach(resolve);
        if (!requests.every((request) => this.#ask(session, request)))
          resolve({ kind: 'failed', why: 'The backend asks more than this user can be asked at once.' });
      });
      if (outcome instanceof GatehouseError) throw outcome;
      return outcome;
    } finally {
      clearInterval(signs);
      clearTimeout(this.#deadline);
      time.of(NOTHING);
      this.#takeBack(session);
    }
  }

  /** @returns false when the user was asked too much already. */
  #ask(session: McpSession, request: InputRequest): boolean {
    const { backend, principal } = this.facts;
    const id = this.questions.ask(session.digest, {
      backend,
      principal,
      peer: MODERN,
      id: undefined,
      answered: () => undefined,
      answer: (response) => this.#answered(id, response),
    });
    if (id === undefined) return false;
    this.#open.set(id, request);
    const { method, params } = request;
    const asked = params?.['mode'] === 'url' ? { elicitationId: randomUUID(), ...params } : params;
    this.stream.say({ id, method, ...(asked === undefined ? {} : { params: asked }) });
    return true;
  }

  #answered(id: string | undefined, response: RawObject): void {
    const request = this.#open.get(id ?? '');
    if (id === undefined || request === undefined) return;
    this.#open.delete(id);
    const given = response.has('error') ? undefined : response.get('result');
    const result = given?.kind === 'object' ? given : insteadOf(request);
    if (result === undefined) {
      const why = `The backend asked for ${request.method}, and the client answered with an error.`;
      this.#end({ kind: 'failed', why });
      return;
    }
    this.#bytes += joinJson(result).length;
    if (this.#bytes > MAX_ANSWER_BYTES) {
      this.#end({ kind: 'failed', why: 'The answers to what the backend asked are too large together.' });
      return;
    }
    this.#responses = this.#responses.with(request.key, result);
    if (this.#open.size > 0) return;
    this.facts.time.waits(false);
    this.#end({ kind: 'answered', responses: this.#responses });
  }

  #expireAfter(ms: number): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#end(unanswered(this.facts.backend)), ms);
  }

  /** Nobody waits for these any more. */
  #takeBack(session: McpSession): void {
    for (const id of this.#open.keys()) {
      this.questions.take(session.digest, id);
      // Who cancelled the call needs not be told.
      if (this.facts.cancellation.reason === undefined)
        this.stream.say({ method: 'notifications/cancelled', params: { requestId: id } });
    }
  }
}

/** A user who cannot be asked has not answered; a model or a list of roots has no such answer. */
const insteadOf = ({ method }: InputRequest): Json | undefined =>
  method === 'elicitation/create' ? CANCELLED_BY_USER : undefined;

const NOTHING = { expireAfter: (): void => undefined };

const unanswered = (backend: string): GatehouseError =>
  new GatehouseError('deadline_exceeded', 'the client did not answer in time what the backend asked', {
    details: { backend, ran: 'maybe' },
  });
