import { connect } from 'node:net';
import { until } from './until.js';

const DRIP_EVERY_MS = 10;
/** What comes may be as much and as slow as it likes. Only silence ends the waiting. */
const SILENT_FOR_MS = 60_000;

/** A connection that says exactly what a test wants, as slowly as it wants. */
export class RawConnection {
  readonly #socket;
  #heard = '';
  #ended = false;
  #dripping: NodeJS.Timeout | undefined;
  /** Told of what comes, once; `undefined`: nothing more will. */
  readonly #wanting = new Set<(text: string | undefined) => void>();

  constructor(port: number, host = '127.0.0.1') {
    this.#socket = connect(port, host);
    this.#socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      this.#heard += text;
      for (const wants of this.#wanting) wants(text);
    });
    // A connection may also end with a reset.
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.#ended = true;
      clearInterval(this.#dripping);
      for (const wants of this.#wanting) wants(undefined);
    });
  }

  get heard(): string {
    return this.#heard;
  }

  get ended(): boolean {
    return this.#ended;
  }

  send(text: string): this {
    this.#socket.write(text);
    return this;
  }

  /** Sends the same again and again, for as long as it is let. */
  drip(text: string): this {
    this.#dripping = setInterval(() => this.#socket.write(text), DRIP_EVERY_MS);
    return this;
  }

  /** Takes nothing of what comes. */
  deaf(): this {
    this.#socket.pause();
    return this;
  }

  /**
   * Resolves when it has come. Each piece is looked at once: whoever looks through all that came, again and again, needs ever longer for it,
   * and the server of the test is in the same process. @throws when the connection ends first, or says nothing for a minute.
   */
  async hears(text: string): Promise<void> {
    if (this.#heard.includes(text)) return;
    let last = this.#heard.slice(-text.length);
    const heard: PromiseWithResolvers<void> = Promise.withResolvers();
    const silence = setTimeout(
      () => heard.reject(new Error(`nothing came for ${SILENT_FOR_MS} ms, and not ${text}`)),
      SILENT_FOR_MS,
    );
    const wants = (piece: string | undefined): void => {
      silence.refresh();
      if (piece === undefined) heard.reject(new Error(`the connection ended before it said ${text}`));
      else if (`${last}${piece}`.includes(text)) heard.resolve();
      else last = `${last}${piece}`.slice(-text.length);
    };
    if (this.#ended) wants(undefined);
    this.#wanting.add(wants);
    try {
      await heard.promise;
    } finally {
      clearTimeout(silence);
      this.#wanting.delete(wants);
    }
  }

  async isCut(): Promise<void> {
    await until(() => this.#ended);
  }

  close(): void {
    this.#socket.destroy();
  }
}
