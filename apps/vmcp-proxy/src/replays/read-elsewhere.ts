import { EVENT_STREAM_TYPE, type Answer } from '../mcp/answer.js';
import type { Said } from './handed-stream.js';

/** A client that does not read what another replica sends is sent away when so much has come: it can come back. */
const MAX_UNREAD_BYTES = 1_048_576;

/** A stream that another replica writes, on its way to a client here. */
export class ReadElsewhere {
  #next = 0;
  #isOver = false;
  #unread = 0;
  heardAtMs: number;

  constructor(
    private readonly answer: Answer,
    /** Address of the replica that writes it. */
    readonly writer: string,
    private readonly nowMs: () => number,
  ) {
    this.heardAtMs = nowMs();
  }

  /** Nothing more goes to the client. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** @returns false when the client has to come again: it was sent away, or is gone. */
  sent({ number, text, isLast }: Said<'sent'>): boolean {
    this.heardAtMs = this.nowMs();
    if (this.#isOver) return false;
    // Something was lost on the bus.
    if (number !== this.#next) return this.giveUp();
    this.#next += 1;
    const bytes = Buffer.from(text, 'latin1');
    if (number === 0) this.#begin(bytes);
    else if (bytes.length > 0 && !this.#write(bytes)) return this.giveUp();
    if (isLast) {
      this.#isOver = true;
      this.answer.end();
    }
    return !this.#isOver || isLast;
  }

  /** @returns false */
  giveUp(): false {
    this.#isOver = true;
    if (this.answer.begun) this.answer.breakOff();
    return false;
  }

  #begin(first: Buffer): void {
    this.answer.begin(200, EVENT_STREAM_TYPE, first);
    this.answer.onDrain(() => (this.#unread = 0));
  }

  #write(bytes: Buffer): boolean {
    if (this.answer.write(bytes)) this.#unread = 0;
    else this.#unread += bytes.length;
    return this.#unread <= MAX_UNREAD_BYTES;
  }
}
