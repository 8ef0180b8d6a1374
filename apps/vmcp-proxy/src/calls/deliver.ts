import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { tooLarge, type BackendResponse } from '../backends/backend-response.js';
import { EventParser } from '../backends/event-parser.js';
import { MessageReader, MOST_MESSAGE_BYTES } from '../backends/message-reader.js';
import { ENDS_ITSELF_WITHIN_MS, isEventStream, isJson } from '../backends/server-sent-events.js';
import { EVENT_STREAM_TYPE, JSON_TYPE, type Answer } from '../edge/answer.js';
import { joined, type Pieces } from '../edge/held-value.js';
import type { DropReason } from './dropped-messages.js';
import type { MessageGate, Verdict } from './message-gate.js';

/** What decides about messages, and hears what was dropped. */
export interface Delivery {
  readonly backend: string;
  readonly gate: MessageGate;
  readonly dropped: (reason: DropReason) => void;
  readonly statusOf: (errorCode: number) => number;
}

/**
 * Hands a 2xx answer of a backend to the client: what the gate lets through, as it comes; resolves with the response.
 * @throws {GatehouseError} when there was none; also in the middle: `answer.begun` tells.
 */
export async function deliver(response: BackendResponse, answer: Answer, delivery: Delivery): Promise<void> {
  const { 'content-type': contentType, 'content-encoding': encoding } = response.headers;
  // None of the backend's headers goes on: the two content types of the protocol are written here, and nothing is encoded.
  if (encoding === undefined || encoding === 'identity') {
    if (isJson(contentType)) {
      await deliverJson(response, answer, delivery);
      return;
    }
    if (isEventStream(contentType)) {
      await new EventDelivery(response, answer, delivery).run();
      return;
    }
  }
  response.discard();
  throw noResponse('the answer is neither JSON nor an event stream');
}

async function deliverJson(response: BackendResponse, answer: Answer, delivery: Delivery): Promise<void> {
  const reader = new MessageReader();
  const whole = response.takeWhole();
  if (whole === undefined) await readAll(response, reader, delivery.backend);
  else if (whole.length > MOST_MESSAGE_BYTES) throw tooLarge(delivery.backend);
  else reader.push(whole);
  let found: ResponseVerdict | undefined;
  for (const message of reader.end()) {
    const verdict = found === undefined ? delivery.gate.judge(message) : LATE;
    if (verdict.kind === 'response') found = verdict;
    // Nothing but the response has a place in a JSON body.
    else delivery.dropped(verdict.kind === 'dropped' ? verdict.reason : 'unexpected_notification');
  }
  if (found === undefined) throw noResponse('the answer is not the response to the request');
  const status = found.errorCode === undefined ? 200 : delivery.statusOf(found.errorCode);
  answer.pieces(status, JSON_TYPE, found.text);
}

type ResponseVerdict = Extract<Verdict, { kind: 'response' }>;
const LATE = { kind: 'dropped', reason: 'late' } as const;

/** Reads as long as it can still be a message. */
async function readAll(response: BackendResponse, reader: MessageReader, backend: string): Promise<void> {
  await new Promise<void>((resolve, reject) =>
    response.pipe({
      data: (chunk) => {
        reader.push(chunk);
        if (reader.broken) response.stop(noResponse('the answer is not JSON'));
        else if (reader.length > MOST_MESSAGE_BYTES) response.stop(tooLarge(backend));
        return true;
      },
      end: resolve,
      fail: reject,
    }),
  );
}

/** Lines, and pieces in which lines came, of one event: each costs something, however little is in it. */
const MOST_EVENT_PARTS = 100_000;

/** One event stream on its way to the client. */
class EventDelivery {
  #reader = new MessageReader();
  #parts = 0;
  #isAnswered = false;
  /** How often the client could not take more at once. */
  #waits = 0;
  #resolve: () => void = () => undefined;
  readonly #parser = new EventParser({
    data: (bytes) => this.#data(bytes),
    event: (type) => this.#event(type),
  });

  constructor(
    private readonly response: BackendResponse,
    private readonly answer: Answer,
    private readonly delivery: Delivery,
  ) {}

  async run(): Promise<void> {
    const { response, answer } = this;
    answer.begin(200, EVENT_STREAM_TYPE);
    answer.onDrain(() => response.resume());
    await new Promise<void>((resolve, reject) => {
      this.#resolve = resolve;
      response.pipe({
        data: (chunk) => {
          const before = this.#waits;
          this.#parser.push(chunk);
          return this.#waits === before;
        },
        end: () => {
          const error = this.#end();
          if (error !== undefined) reject(error);
        },
        // This says nothing once the response has been delivered.
        fail: reject,
      });
    });
  }

  #end(): GatehouseError | undefined {
    this.#parser.end();
    return this.#isAnswered ? undefined : noResponse('the stream ended without a response');
  }

  #data(bytes: Buffer): void {
    // What follows the response is not read, only counted.
    if (this.#isAnswered) return;
    this.#reader.push(bytes);
    this.#parts += 1;
    if (this.#reader.length > MOST_MESSAGE_BYTES || this.#parts > MOST_EVENT_PARTS)
      this.response.stop(tooLarge(this.delivery.backend));
  }

  #event(type: string): void {
    if (this.#isAnswered) {
      this.delivery.dropped('late');
      return;
    }
    const reader = this.#reader;
    this.#reader = new MessageReader();
    this.#parts = 0;
    // Other types of event are not for clients of MCP, and an empty one is a sign of life.
    if (type !== 'message' || reader.length === 0) return;
    for (const message of reader.end()) this.#deliver(this.delivery.gate.judge(message));
  }

  #deliver(verdict: Verdict): void {
    if (this.#isAnswered) this.delivery.dropped('late');
    else if (verdict.kind === 'dropped') this.delivery.dropped(verdict.reason);
    else if (verdict.kind !== 'answered') this.#send(verdict);
  }

  #send({ kind, text }: Exclude<Verdict, { kind: 'dropped' | 'answered' }>): void {
    const { answer, response } = this;
    let isFull = false;
    for (const piece of joined(eventPieces(text))) isFull = !answer.write(piece);
    if (kind !== 'response') {
      if (isFull) this.#waits += 1;
      return;
    }
    this.#isAnswered = true;
    // The connection can be used again if the end comes by itself.
    response.expireAfter(ENDS_ITSELF_WITHIN_MS);
    response.resume();
    answer.end();
    this.#resolve();
  }
}

const LINE_FEED = 0x0a;
const NEXT_DATA_LINE = '\ndata: ';

/** One event: where the backend wrote a line break between two tokens, another `data` line begins. */
function eventPieces(text: Pieces): Pieces {
  const lines = text.flatMap((piece) => (typeof piece === 'string' ? [piece] : dataLines(piece)));
  return ['event: message\ndata: ', ...lines, '\n\n'];
}

function dataLines(piece: Buffer): Pieces {
  if (!piece.includes(LINE_FEED)) return [piece];
  return [Buffer.from(piece.toString('latin1').replaceAll('\n', NEXT_DATA_LINE), 'latin1')];
}

/** It may have been done all the same. */
const noResponse = (why: string): GatehouseError =>
  new GatehouseError('backend_unavailable', why, { details: { ran: 'maybe' } });
