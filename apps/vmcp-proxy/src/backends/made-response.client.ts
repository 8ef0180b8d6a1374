import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { noRoom, type Room } from './read-messages.client.js';

/** `ended`: with all of the response. */
export type MadeEnding = 'ended' | 'failed' | 'aborted';

/** Room that is given back. */
export interface SharedRoom extends Room {
  giveBack(bytes: number): void;
}

/**
 * A response that is put together here and goes to whoever waits for one from undici. While its reader wants no more, what comes
 * is kept: the stream that it comes from carries the answers to others, too, and cannot wait.
 */
export class MadeResponse implements Dispatcher.DispatchController {
  #reason: Error | null = null;
  #isPaused = false;
  #isStarted = false;
  #isBegun = false;
  #isOver = false;
  /** All of it is here, and the reader has not taken it. */
  #isComplete = false;
  readonly #kept: Buffer[] = [];
  #source: Dispatcher.DispatchController | undefined;
  /** Told once. */
  onOver: (how: MadeEnding) => void = () => undefined;

  constructor(
    private readonly backend: string,
    private readonly handler: Dispatcher.DispatchHandler,
    private readonly room: SharedRoom,
  ) {}

  get aborted(): boolean {
    return this.#reason !== null;
  }

  get paused(): boolean {
    return this.#isPaused;
  }

  get reason(): Error | null {
    return this.#reason;
  }

  get isBegun(): boolean {
    return this.#isBegun;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Something is sent for it. @param source the request, if it is to be ended with the response. */
  start(source?: Dispatcher.DispatchController): void {
    this.#source = source;
    if (this.#reason !== null) source?.abort(this.#reason);
    if (this.#isStarted || this.#isOver) return;
    this.#isStarted = true;
    this.handler.onRequestStart?.(this, {});
  }

  begin(status: number, headers: IncomingHttpHeaders): void {
    if (this.#isBegun || this.#isOver) return;
    this.#isBegun = true;
    this.handler.onResponseStart?.(this, status, headers);
  }

  data(chunk: Buffer): void {
    if (this.#isOver || this.#isComplete) return;
    if (!this.#isPaused) this.handler.onResponseData?.(this, chunk);
    else if (this.room.take(chunk.length)) this.#kept.push(chunk);
    else {
      this.room.giveBack(chunk.length);
      this.fail(noRoom(this.backend));
    }
  }

  end(): void {
    if (!this.#isBegun) this.fail(unbegun(this.backend));
    if (this.#isOver) return;
    this.#isComplete = true;
    if (this.#kept.length > 0) return;
    this.#over('ended');
    this.handler.onResponseEnd?.(this, {});
  }

  fail(error: Error): void {
    if (this.#isOver || this.#isComplete) return;
    this.#over('failed');
    this.handler.onResponseError?.(this, error);
  }

  abort(reason: Error): void {
    if (this.#isOver) return;
    this.#reason = reason;
    this.#over('aborted');
    this.#source?.abort(reason);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    while (!this.paused) {
      const chunk = this.#kept.shift();
      if (chunk === undefined) break;
      this.room.giveBack(chunk.length);
      this.handler.onResponseData?.(this, chunk);
    }
    if (this.#isComplete) this.end();
  }

  #over(how: MadeEnding): void {
    this.#isOver = true;
    for (const chunk of this.#kept.splice(0)) this.room.giveBack(chunk.length);
    this.onOver(how);
  }
}

const unbegun = (backend: string): GatehouseError =>
  new GatehouseError('backend_unavailable', 'the response ended before it began', {
    details: { backend, ran: 'maybe' },
  });
