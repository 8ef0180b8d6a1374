import type { StreamReader } from './stream-ends.js';

/** JSON escapes quotes and UTF-8 doubles what is no ASCII: so much of latin1 always fits into one message of the bus. */
const MAX_CHARACTERS = 131_072;
/** Sealing takes its time; what waits for it is in memory. */
const MAX_UNSENT = 1_048_576;

/** A client that reads at another replica. */
export class RemoteReader implements StreamReader {
  #number = 0;
  #heardAtMs: number;
  #isOver = false;
  #unsent = 0;
  /** Messages on their way to the bus. */
  #sending = 0;
  readonly isElsewhere = true;
  #closed: (() => void)[] = [];
  #drained: () => void = () => undefined;
  #gone: () => void = () => undefined;

  constructor(
    private readonly send: (number: number, text: string, isLast: boolean) => Promise<unknown>,
    /** Nothing is sent any more. */
    private readonly over: () => void,
    /** That replica is taken for dead when it has said nothing for so long. */
    private readonly silentForMs: number,
    private readonly nowMs: () => number,
  ) {
    this.#heardAtMs = nowMs();
  }

  begin(_status: number, _contentType: string, first?: Buffer | string): void {
    this.write(first ?? '');
  }

  write(chunk: Buffer | string): boolean {
    if (this.#isOver) return true;
    if (this.nowMs() - this.#heardAtMs > this.silentForMs) {
      this.left();
      return true;
    }
    const text = Buffer.from(chunk).toString('latin1');
    for (let at = 0; at === 0 || at < text.length; at += MAX_CHARACTERS)
      this.#say(text.slice(at, at + MAX_CHARACTERS), false);
    return this.#unsent <= MAX_UNSENT;
  }

  end(): void {
    if (this.#isOver) return;
    this.#say('', true);
    this.#isOver = true;
    this.over();
  }

  breakOff(): void {
    this.end();
  }

  /** How fast the client reads is the other replica's to see to. */
  onDrain(callback: () => void): void {
    this.#drained = callback;
  }

  onGone(callback: () => void): void {
    this.#gone = callback;
  }

  /** How fast the client reads is the other replica's to see to: what is on the bus is not held here. */
  onClosed(callback: () => void): void {
    if (this.#isOver && this.#sending === 0) callback();
    else this.#closed.push(callback);
  }

  /** The client is still there. */
  still(): void {
    this.#heardAtMs = this.nowMs();
  }

  left(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.over();
    this.#gone();
    this.#closes();
  }

  #say(text: string, isLast: boolean): void {
    this.#unsent += text.length;
    this.#sending += 1;
    void this.send(this.#number, text, isLast).then(() => this.#sent(text.length));
    this.#number += 1;
  }

  #sent(characters: number): void {
    const wasFull = this.#unsent > MAX_UNSENT;
    this.#unsent -= characters;
    this.#sending -= 1;
    if (wasFull && this.#unsent <= MAX_UNSENT) this.#drained();
    this.#closes();
  }

  #closes(): void {
    if (this.#isOver && this.#sending === 0) for (const callback of this.#closed.splice(0)) callback();
  }
}
