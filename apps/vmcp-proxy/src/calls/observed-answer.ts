import type { Pieces } from '../json/held-value.js';
import type { Answer, AnswerHeaders } from '../mcp/answer.js';

const lengthOf = (chunk: Buffer | string): number => Buffer.byteLength(chunk);

/** The same answer, with what is written counted. */
export class ObservedAnswer implements Answer {
  /** HTTP status; 0: none yet. */
  status = 0;
  /** Of the body. */
  bytes = 0;

  constructor(private readonly answer: Answer) {}

  get begun(): boolean {
    return this.answer.begun;
  }

  get isLive(): boolean {
    return this.answer.isLive;
  }

  get isEventStream(): boolean {
    return this.answer.isEventStream;
  }

  whole(status: number, contentType: string, body: Buffer | string, headers?: AnswerHeaders): void {
    this.status = status;
    this.bytes += lengthOf(body);
    this.answer.whole(status, contentType, body, headers);
  }

  pieces(status: number, contentType: string, body: Pieces): void {
    this.status = status;
    this.#count(body);
    this.answer.pieces(status, contentType, body);
  }

  empty(status: number, headers?: AnswerHeaders): void {
    this.status = status;
    this.answer.empty(status, headers);
  }

  begin(status: number, contentType: string, first?: Buffer | string): void {
    this.status = status;
    this.answer.begin(status, contentType, first);
  }

  write(chunk: Buffer | string): boolean {
    this.bytes += lengthOf(chunk);
    return this.answer.write(chunk);
  }

  message(text: Pieces): boolean {
    this.#count(text);
    return this.answer.message(text);
  }

  lastMessage(text: Pieces): boolean {
    this.#count(text);
    return this.answer.lastMessage(text);
  }

  end(): void {
    this.answer.end();
  }

  breakOff(): void {
    this.answer.breakOff();
  }

  onDrain(callback: () => void): void {
    this.answer.onDrain(callback);
  }

  onClosed(callback: () => void): void {
    this.answer.onClosed(callback);
  }

  onGone(callback: () => void): void {
    this.answer.onGone(callback);
  }

  #count(text: Pieces): void {
    for (const piece of text) this.bytes += lengthOf(piece);
  }
}
