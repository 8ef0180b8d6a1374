import type { ServerResponse } from 'node:http';
import { asLatin1, joined, type Pieces } from '../json/held-value.js';
import { EVENT_STREAM_TYPE, type Answer, type AnswerHeaders } from '../mcp/answer.js';
import { writeEvent } from '../mcp/event-pieces.js';

/** Results of tools are the user's own: no cache on the way may keep them. */
const NO_STORE = 'no-store';

/** Up to here a copy costs less than another piece to write. */
const ONE_WRITE_BYTES = 16_384;

/** The HTTP response to a request. */
export class HttpAnswer implements Answer {
  readonly isLive = true;
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
    const short = asLatin1(body, ONE_WRITE_BYTES);
    if (short !== undefined) {
      this.#head(status, contentType, short.length);
      // A string goes out together with the header, in one piece.
      this.response.end(short, 'latin1');
      return;
    }
    const buffers = joined(body);
    const length = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    this.#head(status, contentType, length);
    // All that the socket takes, at once; the end sends it.
    this.response.cork();
    for (const buffer of buffers.slice(0, -1)) this.response.write(buffer);
    this.response.end(buffers.at(-1));
  }

  empty(status: number, headers?: AnswerHeaders): void {
    if (this.response.writableEnded) return;
    const length = status === 204 ? {} : { 'content-length': 0 };
    this.response.writeHead(status, { ...length, 'cache-control': NO_STORE, ...this.common, ...headers });
    this.response.end();
  }

  begin(status: number, contentType: string, first?: Buffer | string): void {
    this.isEventStream = contentType === EVENT_STREAM_TYPE;
    this.response.writeHead(status, {
      'content-type': contentType,
      'cache-control': NO_STORE,
      // Proxies that buffer would hold back progress until the end.
      ...(contentType === EVENT_STREAM_TYPE ? { 'x-accel-buffering': 'no' } : {}),
      ...this.common,
    });
    if (first === undefined) this.#flushHeaders();
    else this.response.write(first);
  }

  write(chunk: Buffer | string): boolean {
    return this.response.writableEnded || this.response.write(chunk);
  }

  message(text: Pieces): boolean {
    return writeEvent(text, (piece) => this.write(piece));
  }

  lastMessage(text: Pieces): boolean {
    const hasRoom = this.message(text);
    this.end();
    return hasRoom;
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
    else this.response.on('close', callback);
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
    this.response.on('close', () => {
      if (!this.response.writableFinished) for (const one of callbacks) one();
    });
  }

  #head(status: number, contentType: string, length: number, headers?: AnswerHeaders): void {
    const head = { 'content-type': contentType, 'content-length': length, 'cache-control': NO_STORE };
    this.response.writeHead(status, Object.assign(head, this.common, headers));
  }

  /** At the end of this turn: what the backend has said by then goes out with the header, in one write. */
  #flushHeaders(): void {
    const { socket } = this.response;
    socket?.cork();
    this.response.flushHeaders();
    if (socket !== null) process.nextTick(() => socket.uncork());
  }
}
