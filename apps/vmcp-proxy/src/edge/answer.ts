import type { ServerResponse } from 'node:http';
import { joined, type Pieces } from './held-value.js';

export type AnswerHeaders = Readonly<Record<string, string>>;

/** Where the answer to one JSON-RPC message goes: an HTTP response, or one place in a batch. */
export interface Answer {
  /** The whole answer at once. */
  whole(status: number, contentType: string, body: Buffer | string, headers?: AnswerHeaders): void;
  /** The same in pieces. */
  pieces(status: number, contentType: string, body: Pieces): void;
  /** No body (202, 204 …). */
  empty(status: number, headers?: AnswerHeaders): void;
  /** The first part of an answer that goes on with `write`. */
  begin(status: number, contentType: string): void;
  /** @returns false when nothing more should come before `onDrain` calls back. */
  write(chunk: Buffer | string): boolean;
  end(): void;
  /** Gives up in the middle: the client must not take what it got for a whole answer. */
  breakOff(): void;
  onDrain(callback: () => void): void;
  /** Called when everything was sent, or the client is gone. */
  onClosed(callback: () => void): void;
  /** Called when the client goes away before the end of the answer. */
  onGone(callback: () => void): void;
  readonly begun: boolean;
  /** What was begun is an event stream. */
  readonly isEventStream: boolean;
}

export const JSON_TYPE = 'application/json';
export const EVENT_STREAM_TYPE = 'text/event-stream';

/** Results of tools are the user's own: no cache on the way may keep them. */
const NO_STORE = 'no-store';

export class HttpAnswer implements Answer {
  isEventStream = false;
  #gone: (() => void)[] | undefined;

  constructor(
    private readonly response: ServerResponse,
    /** On every answer (CORS). */
    private readonly common: AnswerHeaders,
  ) {}

  get begun(): boolean {
    return this.response.headersSent;
  }

  whole(status: number, contentType: string, body: Buffer | string, headers?: AnswerHeaders): void {
    if (this.response.writableEnded) return;
    this.#head(status, contentType, Buffer.byteLength(body), headers);
    this.response.end(body);
  }

  pieces(status: number, contentType: string, body: Pieces): void {
    if (this.response.writableEnded) return;
    const buffers = joined(body);
    this.#head(
      status,
      contentType,
      buffers.reduce((sum, { length }) => sum + length, 0),
    );
    for (const buffer of buffers.slice(0, -1)) this.response.write(buffer);
    this.response.end(buffers.at(-1));
  }

  empty(status: number, headers?: AnswerHeaders): void {
    if (this.response.writableEnded) return;
    const length = status === 204 ? {} : { 'content-length': 0 };
    this.response.writeHead(status, { ...length, 'cache-control': NO_STORE, ...this.common, ...headers });
    this.response.end();
  }

  begin(status: number, contentType: string): void {
    this.isEventStream = contentType === EVENT_STREAM_TYPE;
    this.response.writeHead(status, {
      'content-type': contentType,
      'cache-control': NO_STORE,
      // Proxies that buffer would hold back progress until the end.
      ...(contentType === EVENT_STREAM_TYPE ? { 'x-accel-buffering': 'no' } : {}),
      ...this.common,
    });
    this.response.flushHeaders();
  }

  write(chunk: Buffer | string): boolean {
    return this.response.write(chunk);
  }

  end(): void {
    this.response.end();
  }

  breakOff(): void {
    this.response.destroy();
  }

  onDrain(callback: () => void): void {
    this.response.on('drain', callback);
  }

  onClosed(callback: () => void): void {
    if (this.response.closed) callback();
    else this.response.once('close', callback);
  }

  onGone(callback: () => void): void {
    // It left while its session or its lists were looked up: that is not announced again.
    if (this.response.destroyed && !this.response.writableFinished) {
      callback();
      return;
    }
    if (this.#gone !== undefined) {
      this.#gone.push(callback);
      return;
    }
    const callbacks = [callback];
    this.#gone = callbacks;
    this.response.once('close', () => {
      if (!this.response.writableFinished) for (const one of callbacks) one();
    });
  }

  #head(status: number, contentType: string, length: number, headers?: AnswerHeaders): void {
    this.response.writeHead(status, {
      'content-type': contentType,
      'content-length': length,
      'cache-control': NO_STORE,
      ...this.common,
      ...headers,
    });
  }
}
