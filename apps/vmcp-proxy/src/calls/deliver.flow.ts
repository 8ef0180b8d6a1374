import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { BackendMessage } from '../backends/backend-message.js';
import { tooLarge, type BackendResponse } from '../backends/backend-response.client.js';
import { MAX_MESSAGE_BYTES } from '../backends/message-reader.js';
import { MessageStream, type StreamPosition } from '../backends/message-stream.js';
import { noRoom, readMessages } from '../backends/read-messages.client.js';
import { ENDS_ITSELF_WITHIN_MS, isEventStream, isJson, SIGN_OF_LIFE } from '../mcp/server-sent-events.js';
import { EVENT_STREAM_TYPE, JSON_TYPE, type Answer } from '../mcp/answer.js';
import type { AnswerBytes } from './answer-bytes.js';
import type { DropReason } from './dropped-messages.js';
import type { InputRequired } from './input-required.js';
import type { MessageGate, Verdict } from './message-gate.js';

/** What decides about messages, and hears what was dropped. */
export interface Delivery {
  readonly backend: string;
  readonly gate: MessageGate;
  readonly dropped: (reason: DropReason) => void;
  readonly statusOf: (errorCode: number) => number;
  /** Counts what is kept of the answer. */
  readonly bytes: AnswerBytes;
  /** How long an event stream to the client may be silent. */
  readonly keepAliveMs: number;
  /** Takes up a stream that ended without the response; `undefined`: that cannot be done. */
  readonly resume: (position: StreamPosition) => Promise<BackendResponse | undefined>;
}

/**
 * Hands a 2xx answer of a backend to the client: what the gate lets through, as it comes; resolves with the response.
 * @returns what the client has to be asked instead: then it has no response yet.
 * @throws {GatehouseError} when there was none; also in the middle: `answer.begun` tells.
 */
export async function deliver(
  response: BackendResponse,
  answer: Answer,
  delivery: Delivery,
): Promise<InputRequired | undefined> {
  const { 'content-type': contentType, 'content-encoding': encoding } = response.headers;
  // None of the backend's headers goes on: the two content types of the protocol are written here. What was encoded in a known
  // way is decoded by now.
  if (encoding === undefined || encoding === 'identity') {
    if (isJson(contentType)) {
      const read = readMessages(response, delivery.backend, MAX_MESSAGE_BYTES, delivery.bytes);
      return deliverJson(read instanceof Promise ? await read : read, answer, delivery);
    }
    if (isEventStream(contentType)) return await new EventDelivery(response, answer, delivery).run();
  }
  void response.discard();
  throw noResponse(
    encoding === undefined || encoding === 'identity'
      ? 'the answer is neither JSON nor an event stream'
      : 'the answer has a content coding that is not known',
  );
}

function deliverJson(
  messages: readonly (BackendMessage | undefined)[],
  answer: Answer,
  delivery: Delivery,
): InputRequired | undefined {
  const { bytes } = delivery;
  let found: LastVerdict | { readonly kind: 'kept' } | undefined;
  for (const message of messages) {
    const verdict = found === undefined ? delivery.gate.judge(message) : LATE;
    if (isLast(verdict)) found = verdict;
    // Nothing but the response has a place in a JSON body.
    else delivery.dropped(verdict.kind === 'dropped' ? verdict.reason : 'unexpected_notification');
  }
  if (found === undefined) throw noResponse('the answer is not the response to the request');
  if (found.kind !== 'response') {
    // What is kept for a client that comes back is counted where it is kept.
    bytes.giveBack();
    return found.kind === 'input' ? found.asked : undefined;
  }
  const status = found.errorCode === undefined ? 200 : delivery.statusOf(found.errorCode);
  answer.pieces(status, JSON_TYPE, found.text);
  return undefined;
}

/** After it nothing of this answer goes out. */
type LastVerdict = Extract<Verdict, { kind: 'response' | 'input' }>;
const isLast = (verdict: Verdict): verdict is LastVerdict | { readonly kind: 'kept' } =>
  verdict.kind === 'response' || verdict.kind === 'input' || verdict.kind === 'kept';
const LATE = { kind: 'dropped', reason: 'late' } as const;

/** One event stream on its way to the client, and those that take it up. */
class EventDelivery {
  #isAnswered = false;
  #asked: InputRequired | undefined;
  /** The client has not taken what was written. */
  #isFull = false;
  #ended: (why: GatehouseError | undefined) => void = () => undefined;
  #stream: MessageStream;
  #signs: NodeJS.Timeout | undefined;
  readonly #position: StreamPosition = { lastEventId: undefined, retryMs: undefined };

  constructor(
    private response: BackendResponse,
    private readonly answer: Answer,
    private readonly delivery: Delivery,
  ) {
    this.#stream = this.#newStream();
  }

  async run(): Promise<InputRequired | undefined> {
    const { answer, delivery } = this;
    answer.begin(200, EVENT_STREAM_TYPE);
    answer.onDrain(() => {
      this.#isFull = false;
      delivery.bytes.giveBack();
      this.response.resume();
    });
    this.#signs = setInterval(() => {
      // A client that does not read has enough to read.
      if (!this.#isFull) this.#isFull = !answer.write(SIGN_OF_LIFE);
    }, delivery.keepAliveMs);
    try {
      await this.#readAll();
    } finally {
      clearInterval(this.#signs);
    }
    return this.#asked;
  }

  /** @throws {GatehouseError} when there was no response, and there will be none. */
  async #readAll(): Promise<void> {
    const { delivery } = this;
    for (let why = await this.#read(); why !== undefined; why = await this.#read()) {
      const next = this.response.wasStopped ? undefined : await delivery.resume(this.#position);
      if (next === undefined) throw why;
      this.response = next;
      this.#stream = this.#newStream();
      // The rest of an event that broke off is not kept.
      if (!this.#isFull) delivery.bytes.giveBack();
    }
  }

  #newStream(): MessageStream {
    const { delivery } = this;
    return new MessageStream(
      {
        message: (message) => this.#deliver(this.#isAnswered ? LATE : delivery.gate.judge(message)),
        kept: (length) => {
          const hasRoom = delivery.bytes.take(length);
          if (!hasRoom) this.response.stop(noRoom(delivery.backend));
          return hasRoom;
        },
        eventEnds: () => {
          // What the client has not taken yet is still here.
          if (!this.#isFull) delivery.bytes.giveBack();
        },
        skipped: () => delivery.dropped('late'),
        tooLarge: () => this.response.stop(tooLarge(delivery.backend)),
      },
      MAX_MESSAGE_BYTES,
      this.#position,
    );
  }

  /** Reads one stream. @returns why there was no response in it. */
  async #read(): Promise<GatehouseError | undefined> {
    return await new Promise((resolve) => {
      this.#ended = resolve;
      this.response.pipe({
        data: (chunk) => {
          this.#stream.push(chunk);
          return !this.#isFull;
        },
        end: () => {
          this.#stream.end();
          // Once the response has been delivered there is nothing to say; an error costs as much as a message.
          if (!this.#isAnswered) resolve(noResponse('the stream ended without a response'));
        },
        fail: resolve,
      });
    });
  }

  #deliver(verdict: Verdict): void {
    // What a message of an event does can end the call, and others of the same event follow.
    if (this.response.wasStopped) return;
    if (verdict.kind === 'dropped') this.delivery.dropped(verdict.reason);
    else if (verdict.kind === 'kept') this.#responded();
    else if (verdict.kind === 'input') {
      this.#asked = verdict.asked;
      this.#responded();
    } else if (verdict.kind !== 'answered') this.#send(verdict);
  }

  #send({ kind, text }: Extract<Verdict, { kind: 'response' | 'other' }>): void {
    const { answer } = this;
    this.#isFull = !(kind === 'response' ? answer.lastMessage(text) : answer.message(text));
    this.#signs?.refresh();
    if (kind === 'response') this.#responded();
  }

  /** What comes after the response is for nobody. */
  #responded(): void {
    const { response } = this;
    this.#isAnswered = true;
    this.#stream.skip();
    // The connection can be used again if the end comes by itself.
    response.expireAfter(ENDS_ITSELF_WITHIN_MS);
    response.resume();
    this.#ended(undefined);
  }
}

/** It may have been done all the same. */
const noResponse = (why: string): GatehouseError =>
  new GatehouseError('backend_unavailable', why, { details: { ran: 'maybe' } });
