import { EventReader } from '../mcp/server-sent-events.js';
import { EVENT_STREAM_TYPE, JSON_TYPE, type Answer } from '../mcp/answer.js';
import { eventPieces } from '../mcp/event-pieces.js';
import type { Pieces } from '../json/held-value.js';
import { errorText, type RequestId } from '../mcp/message.js';
import { GATEWAY_FAILURE } from '../mcp/protocol.js';

/** What a batch may still hold: answers to one request of a caller wait in memory until all of them are there. */
export class BatchRoom {
  constructor(private left: number) {}

  /** @returns false when there is not enough left; nothing is taken then. */
  take(bytes: number): boolean {
    if (bytes > this.left) return false;
    this.left -= bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.left += bytes;
  }
}

/** Collects the answer to one message of a batch (MCP 2025-03-26). */
export class BatchedAnswer implements Answer {
  readonly isLive = false;
  begun = false;
  #contentType = JSON_TYPE;
  #chunks: Buffer[] = [];
  #length = 0;
  /** Said in place of what was collected. */
  #failure: string | undefined;
  #over = false;
  #stopped = false;
  readonly #gone: (() => void)[] = [];
  readonly #done: Promise<void>;
  #finish!: () => void;

  constructor(
    /** Of the request that is answered; `undefined` for messages that get no answer. */
    private readonly id: RequestId,
    private readonly room: BatchRoom,
    private readonly batch: Pick<Answer, 'onClosed' | 'onGone'>,
  ) {
    this.#done = new Promise((resolve) => (this.#finish = resolve));
    batch.onGone(() => this.#stop());
  }

  get isEventStream(): boolean {
    return this.#contentType === EVENT_STREAM_TYPE;
  }

  /** The JSON texts, when all are there: the JSON body, or the messages of the event stream. */
  async texts(): Promise<readonly string[]> {
    await this.#done;
    const message = this.#failure;
    if (message !== undefined)
      return this.id === undefined ? [] : [errorText(this.id, { code: GATEWAY_FAILURE, message })];
    const body = Buffer.concat(this.#chunks);
    if (body.length === 0) return [];
    if (!this.isEventStream) return [body.toString()];
    const reader = new EventReader();
    return [...reader.push(body), ...reader.end()];
  }

  whole(_status: number, contentType: string, body: Buffer | string): void {
    this.begin(200, contentType);
    this.write(body);
    this.end();
  }

  pieces(_status: number, contentType: string, body: Pieces): void {
    this.begin(200, contentType);
    for (const piece of body) this.write(piece);
    this.end();
  }

  empty(status: number): void {
    // The status has no place in an array, and a request without any answer would be waited for.
    if (status >= 400) this.#fail(`refused with HTTP status ${status}`);
    this.end();
  }

  begin(_status: number, contentType: string): void {
    this.begun = true;
    this.#contentType = contentType;
  }

  write(chunk: Buffer | string): boolean {
    if (this.#over) return true;
    const bytes = Buffer.from(chunk);
    if (this.room.take(bytes.length)) {
      this.#chunks.push(bytes);
      this.#length += bytes.length;
      return true;
    }
    this.#fail('the answers to this batch are too large together; send this request by itself');
    this.end();
    this.#stop();
    return true;
  }

  message(text: Pieces): boolean {
    for (const piece of eventPieces(text)) this.write(piece);
    return true;
  }

  lastMessage(text: Pieces): boolean {
    this.message(text);
    this.end();
    return true;
  }

  end(): void {
    this.#over = true;
    this.#finish();
  }

  breakOff(): void {
    this.#fail('the answer broke off');
    this.end();
  }

  onDrain(): void {
    // It is never full.
  }

  onClosed(callback: () => void): void {
    this.batch.onClosed(callback);
  }

  onGone(callback: () => void): void {
    if (this.#stopped) callback();
    else this.#gone.push(callback);
  }

  #fail(message: string): void {
    if (this.#over) return;
    this.#failure = message;
    this.#chunks = [];
    this.room.giveBack(this.#length);
    this.#length = 0;
  }

  /** Nobody wants the rest. */
  #stop(): void {
    this.#stopped = true;
    for (const callback of this.#gone) callback();
  }
}
