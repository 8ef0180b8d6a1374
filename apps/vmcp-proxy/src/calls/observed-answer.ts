import type { Pieces } from '../json/held-value.js';
import type { AnswerHeaders } from '../mcp/answer.js';
import { ForwardedAnswer } from '../mcp/forwarded-answer.js';

const lengthOf = (chunk: Buffer | string): number => Buffer.byteLength(chunk);

/** The same answer, with what is written counted. */
export class ObservedAnswer extends ForwardedAnswer {
  /** HTTP status; 0: none yet. */
  status = 0;
  /** Of the body. */
  bytes = 0;

  override whole(status: number, contentType: string, body: Buffer | string, headers?: AnswerHeaders): void {
    this.status = status;
    this.bytes += lengthOf(body);
    super.whole(status, contentType, body, headers);
  }

  override pieces(status: number, contentType: string, body: Pieces): void {
    this.status = status;
    this.#count(body);
    super.pieces(status, contentType, body);
  }

  override empty(status: number, headers?: AnswerHeaders): void {
    this.status = status;
    super.empty(status, headers);
  }

  override begin(status: number, contentType: string, first?: Buffer | string): void {
    this.status = status;
    super.begin(status, contentType, first);
  }

  override write(chunk: Buffer | string): boolean {
    this.bytes += lengthOf(chunk);
    return super.write(chunk);
  }

  override message(text: Pieces): boolean {
    this.#count(text);
    return super.message(text);
  }

  override lastMessage(text: Pieces): boolean {
    this.#count(text);
    return super.lastMessage(text);
  }

  #count(text: Pieces): void {
    for (const piece of text) this.bytes += lengthOf(piece);
  }
}
