import type { ServerResponse } from 'node:http';

const EVENT_BEGINS = Buffer.from('data: ');
const EVENT_ENDS = Buffer.from('\n\n');
export const EVENT_STREAM_TYPE = 'text/event-stream';
const JSON_TYPE = 'application/json';

/**
 * The HTTP response to one message of the proxy. It is JSON if nothing but the response to the request comes, and becomes
 * an event stream with the first message that comes before (MCP 2025-11-25, transports).
 */
export class Answer {
  #streams = false;

  constructor(private readonly response: ServerResponse) {}

  get isOpen(): boolean {
    return !this.response.writableEnded && !this.response.destroyed;
  }

  /** From now on it is an event stream. */
  stream(): void {
    if (this.#streams) return;
    this.#streams = true;
    this.response.writeHead(200, { 'content-type': EVENT_STREAM_TYPE, 'cache-control': 'no-store' });
    this.response.flushHeaders();
  }

  /** One message before the last. @param message one line @returns false when its reader is behind */
  event(message: Buffer): boolean {
    this.stream();
    return this.response.write(Buffer.concat([EVENT_BEGINS, message, EVENT_ENDS]));
  }

  /** The response to the request; nothing follows. */
  last(message: Buffer, headers: Readonly<Record<string, string>> = {}): void {
    if (!this.isOpen) return;
    if (this.#streams) {
      this.event(message);
      this.response.end();
      return;
    }
    this.response.writeHead(200, {
      'content-type': JSON_TYPE,
      'content-length': message.length,
      'cache-control': 'no-store',
      ...headers,
    });
    this.response.end(message);
  }

  /** An answer of HTTP, to a message that did not reach the program. */
  status(status: number, text = '', headers: Readonly<Record<string, string>> = {}): void {
    if (!this.isOpen) return;
    this.response.writeHead(status, {
      ...(text === '' ? {} : { 'content-type': 'text/plain; charset=utf-8' }),
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
      ...headers,
    });
    this.response.end(text);
  }

  /** An error of JSON-RPC with a status of its own. */
  refuse(status: number, message: Buffer): void {
    if (!this.isOpen) return;
    this.response.writeHead(status, { 'content-type': JSON_TYPE, 'content-length': message.length });
    this.response.end(message);
  }

  end(): void {
    if (this.isOpen) this.response.end();
  }

  /** Its reader is gone before it had everything. */
  onGone(then: () => void): void {
    this.response.once('close', () => {
      if (!this.response.writableFinished) then();
    });
  }

  /** Its reader has caught up, or is gone. */
  onceFree(then: () => void): void {
    const once = (): void => {
      this.response.off('drain', once);
      this.response.off('close', once);
      then();
    };
    this.response.on('drain', once);
    this.response.on('close', once);
  }
}
