import { connect } from 'node:net';
import { until } from './until.js';

const DRIP_EVERY_MS = 10;

/** A connection that says exactly what a test wants, as slowly as it wants. */
export class RawConnection {
  readonly #socket;
  #heard = '';
  #ended = false;
  #dripping: NodeJS.Timeout | undefined;

  constructor(port: number, host = '127.0.0.1') {
    this.#socket = connect(port, host);
    this.#socket.on('data', (chunk: Buffer) => (this.#heard += chunk.toString('latin1')));
    // A connection may also end with a reset.
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.#ended = true;
      clearInterval(this.#dripping);
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

  async hears(text: string): Promise<void> {
    await until(() => this.#heard.includes(text));
  }

  async isCut(): Promise<void> {
    await until(() => this.#ended);
  }

  close(): void {
    this.#socket.destroy();
  }
}
