import { EVENT_STREAM_TYPE, type Answer } from '../mcp/answer.js';
import type { Said } from './handed-stream.js';
import type { UnreadOfOne } from './unread-bytes.js';

/** A stream that another replica writes, on its way to a client here. */
export class ReadElsewhere {
  #next = 0;
  #isOver = false;
  heardAtMs: number;

  constructor(
    private readonly answer: Answer,
    /** Address of the replica that writes it. */
    readonly writer: string,
    private readonly nowMs: () => number,
    /** A client that does not read is sent away: it can come back. */
    private readonly unread: UnreadOfOne,
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
      this.unread.clear();
      this.answer.end();
    }
    return !this.#isOver || isLast;
  }

  /** @returns false */
  giveUp(): false {
    this.left();
    if (this.answer.begun) this.answer.breakOff();
    return false;
  }

  /** The client is gone. */
  left(): void {
    this.#isOver = true;
    this.unread.clear();
  }

  #begin(first: Buffer): void {
    this.answer.begin(200, EVENT_STREAM_TYPE, first);
    this.answer.onDrain(() => this.unread.clear());
  }

  #write(bytes: Buffer): boolean {
    if (!this.answer.write(bytes)) return this.unread.add(bytes.length);
    this.unread.clear();
    return true;
  }
}
