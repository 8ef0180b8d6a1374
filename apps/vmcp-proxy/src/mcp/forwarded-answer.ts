import type { Pieces } from '../json/held-value.js';
import type { Answer, AnswerHeaders } from './answer.js';

/** The same answer. What goes on differently with one of its parts is said by who extends it. */
export abstract class ForwardedAnswer implements Answer {
  constructor(protected readonly answer: Answer) {}

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
    this.answer.whole(status, contentType, body, headers);
  }

  pieces(status: number, contentType: string, body: Pieces): void {
    this.answer.pieces(status, contentType, body);
  }

  empty(status: number, headers?: AnswerHeaders): void {
    this.answer.empty(status, headers);
  }

  begin(status: number, contentType: string, first?: Buffer | string): void {
    this.answer.begin(status, contentType, first);
  }

  write(chunk: Buffer | string): boolean {
    return this.answer.write(chunk);
  }

  message(text: Pieces): boolean {
    return this.answer.message(text);
  }

  lastMessage(text: Pieces): boolean {
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
}
