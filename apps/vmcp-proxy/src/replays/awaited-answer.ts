import type { Answer } from '../mcp/answer.js';
import type { Said } from './handed-stream.js';
import type { UnreadOfOne } from './unread-bytes.js';

/** The answer that another replica gives to a request here. */
export class AwaitedAnswer {
  #next = 0;
  #begun: Said<'begun'> | undefined;
  heardAtMs: number;

  constructor(
    private readonly answer: Answer,
    /** Address of the replica that gives it. */
    readonly replica: string,
    private readonly nowMs: () => number,
    private readonly unread: UnreadOfOne,
  ) {
    this.heardAtMs = nowMs();
  }

  begins(said: Said<'begun'>): void {
    this.heardAtMs = this.nowMs();
    this.#begun = said;
    const { status, contentType, headers } = said;
    // What has headers of its own is short, and an end comes at once.
    if (contentType === undefined || Object.keys(headers).length > 0) return;
    this.answer.begin(status, contentType);
    this.answer.onDrain(() => this.unread.clear());
  }

  /** @returns whether it goes on, is over, or cannot be gone on with. */
  sent({ number, text, isLast }: Said<'sent'>): 'goes_on' | 'over' | 'lost' {
    this.heardAtMs = this.nowMs();
    // Something was lost on the bus.
    if (number !== this.#next) return 'lost';
    this.#next += 1;
    if (text !== '' && !this.#write(Buffer.from(text, 'latin1'))) return 'lost';
    if (!isLast) return 'goes_on';
    if (this.#begun === undefined) return 'lost';
    if (this.answer.begun) this.answer.end();
    else this.answer.empty(this.#begun.status, this.#begun.headers);
    return 'over';
  }

  #write(bytes: Buffer): boolean {
    const begun = this.#begun;
    if (begun === undefined) return false;
    if (!this.answer.begun) {
      // One message of the bus is more than any such answer has.
      this.answer.whole(begun.status, begun.contentType ?? '', bytes, begun.headers);
      return true;
    }
    if (!this.answer.write(bytes)) return this.unread.add(bytes.length);
    this.unread.clear();
    return true;
  }

  /** Nothing more comes, or nobody reads it. */
  over(): void {
    this.unread.clear();
  }
}
