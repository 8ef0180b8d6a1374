import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { OutboundFailure } from '@gatehouse/safe-fetch/outbound-failure';
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { ContentDecoding } from './content-decoding.js';

/**
 * Where a body goes; `data` returns false when it wants no more until it calls {@link BackendResponse.resume}. After
 * {@link BackendResponse.stop} it hears the reason, and nothing else.
 */
export interface BodyConsumer {
  data(chunk: Buffer): boolean;
  end(): void;
  fail(error: GatehouseError): void;
}

/** What is told of a response on its way. */
interface SignsOfLife {
  /** Its headers have come. */
  readonly begun?: (status: number) => void;
  /** Something of its body has come. */
  readonly moved?: () => void;
}

/** Bodies that are dropped or read as an error text end here. */
const SMALL_BODY_BYTES = 65_536;
/** Node keeps a list of timers for each time that they take: those of calls share some, and one more costs next to nothing. */
const STEP_MS = 64;
const inSteps = (timeoutMs: number): number =>
  timeoutMs < SECOND_MS ? timeoutMs : Math.ceil(timeoutMs / STEP_MS) * STEP_MS;
/** Of one response, as it is sent and as it is decoded. */
export const MAX_RESPONSE_BYTES = 67_108_864;

/**
 * One answer of a backend, taken from undici without a stream in between. Chunks that come before anybody listens are
 * kept; most answers are complete by then.
 */
export class BackendResponse implements Dispatcher.DispatchHandler {
  status = 0;
  headers: IncomingHttpHeaders = {};
  readonly started: Promise<this>;
  #resolve!: (self: this) => void;
  #reject!: (error: GatehouseError) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #sent = false;
  #begun = false;
  #chunks: Buffer[] = [];
  #ended = false;
  #error: GatehouseError | undefined;
  #consumer: BodyConsumer | undefined;
  #stopped: GatehouseError | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #expiresAtMs = Infinity;
  #decoding: ContentDecoding | undefined;

  constructor(
    private readonly backend: string,
    /** Called once, when nothing more will come. */
    private readonly noted: (error: GatehouseError | undefined) => void,
    /** How long the backend may take once it has the request; left out: until the exchange expires. */
    private readonly answerWithinMs?: number,
    private readonly signs: SignsOfLife = {},
    /** Nobody counts how much comes: its messages are bounded one by one. */
    private readonly isEndless = false,
  ) {
    this.started = new Promise<this>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Ends the exchange; whoever waits for it gets the reason. */
  stop(reason: GatehouseError): void {
    if (this.#error !== undefined || (this.#ended && this.#consumer !== undefined)) return;
    this.#stopped = reason;
    // What has come is not handed on any more: `pipe` tells.
    if (this.#ended) return;
    this.#controller?.abort(reason);
    // All of it may have come, with the decoding still under way: then the abortion is told to nobody.
    this.#fail(reason);
  }

  /** It did not end by itself: somebody here ended it. */
  get wasStopped(): boolean {
    return this.#stopped !== undefined;
  }

  /** From now on this is how long the whole exchange may take. */
  expireAfter(timeoutMs: number): void {
    clearTimeout(this.#deadline);
    if (this.#ended || this.#error !== undefined) return;
    this.#expiresAtMs = Date.now() + timeoutMs;
    this.#deadline = setTimeout(() => this.stop(tooLate(this.backend)), inSteps(timeoutMs));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#sent = true;
    if (this.#stopped !== undefined) controller.abort(this.#stopped);
    else if (this.answerWithinMs !== undefined)
      this.expireAfter(Math.max(Math.min(this.answerWithinMs, this.#expiresAtMs - Date.now()), 0));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200) return;
    this.status = status;
    this.#decoding = this.#decode(headers['content-encoding']);
    this.headers = this.#decoding === undefined ? headers : withoutCoding(headers);
    this.#begun = true;
    this.signs.begun?.(status);
    this.#resolve(this);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.signs.moved?.();
    if (!(this.#decoding === undefined ? this.#take(chunk) : this.#decoding.write(chunk))) controller.pause();
  }

  onResponseEnd(): void {
    if (this.#decoding === undefined) this.#end();
    else this.#decoding.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#fail(this.#stopped ?? failureOf(error, this.backend, this.#sent));
  }

  /** Sends the body on; what has come already goes at once. */
  pipe(consumer: BodyConsumer): void {
    let wantsMore = true;
    // What comes meanwhile is appended.
    for (const chunk of this.#chunks) {
      if (this.wasStopped) break;
      wantsMore = consumer.data(chunk);
    }
    this.#chunks = [];
    this.#consumer = consumer;
    const failure = this.#error ?? this.#stopped;
    if (failure !== undefined) consumer.fail(failure);
    else if (this.#ended) consumer.end();
    else if (!wantsMore) (this.#decoding ?? this.#controller)?.pause();
  }

  resume(): void {
    (this.#decoding ?? this.#controller)?.resume();
  }

  /** The whole body when it is here already, else `undefined`: lets small answers go out in one piece. */
  takeWhole(): Buffer | undefined {
    if (!this.#ended || this.#consumer !== undefined) return undefined;
    const [first] = this.#chunks;
    return this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
  }

  /** Reads the body as text. @throws {GatehouseError} `backend_unavailable` when it has more than `maxBytes`. */
  async text(maxBytes = SMALL_BODY_BYTES): Promise<string> {
    const whole = this.takeWhole();
    if (whole !== undefined && whole.length <= maxBytes) return whole.toString();
    return await new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let length = 0;
      this.pipe({
        data: (chunk) => {
          length += chunk.length;
          if (length <= maxBytes) chunks.push(chunk);
          else this.stop(tooLarge(this.backend));
          return true;
        },
        end: () =>
          length > maxBytes ? reject(tooLarge(this.backend)) : resolve(Buffer.concat(chunks).toString()),
        fail: reject,
      });
    });
  }

  /** Lets go of the body, so that the connection can be used again; resolves when it is over. */
  async discard(): Promise<void> {
    await this.text().catch(() => undefined);
  }

  #decode(coding: string | undefined): ContentDecoding | undefined {
    if (coding === undefined) return undefined;
    const decoding: ContentDecoding | undefined = ContentDecoding.of(
      coding,
      {
        data: (chunk) => {
          if (!this.#take(chunk)) decoding?.pause();
        },
        end: () => this.#end(),
        broken: () => this.stop(undecodable(this.backend)),
        tooLarge: () => this.stop(tooLarge(this.backend)),
        drained: () => this.#controller?.resume(),
      },
      { bytes: MAX_RESPONSE_BYTES, isEndless: this.isEndless },
    );
    return decoding;
  }

  /** @returns false when no more should come. */
  #take(chunk: Buffer): boolean {
    if (this.wasStopped) return true;
    if (this.#consumer !== undefined) return this.#consumer.data(chunk);
    this.#chunks.push(chunk);
    return true;
  }

  #end(): void {
    if (this.#error !== undefined) return;
    this.#ended = true;
    this.#done(undefined);
    this.#consumer?.end();
  }

  #done(error: GatehouseError | undefined): void {
    clearTimeout(this.#deadline);
    this.noted(error);
  }

  #fail(error: GatehouseError): void {
    if (this.#ended || this.#error !== undefined) return;
    this.#error = error;
    this.#decoding?.close();
    this.#done(error);
    if (this.#begun) this.#consumer?.fail(error);
    else this.#reject(error);
  }
}

export const tooLate = (backend: string): GatehouseError =>
  new GatehouseError('deadline_exceeded', 'the backend did not answer in time', {
    details: { backend, ran: 'maybe' },
  });

export const tooLarge = (backend: string): GatehouseError =>
  new GatehouseError('backend_unavailable', 'the answer is too large', {
    details: { backend, ran: 'maybe' },
  });

const undecodable = (backend: string): GatehouseError =>
  new GatehouseError('backend_unavailable', 'the answer cannot be decoded', {
    details: { backend, ran: 'maybe' },
  });

/** They are about the bytes that were sent. */
const withoutCoding = (headers: IncomingHttpHeaders): IncomingHttpHeaders => ({
  ...headers,
  'content-encoding': undefined,
  'content-length': undefined,
});

/** `details.ran` says whether the backend may have acted: only when it cannot have, a retry is safe. */
function failureOf(error: Error, backend: string, sent: boolean): GatehouseError {
  if (error instanceof GatehouseError) return error;
  const outbound = OutboundFailure.in(error);
  const ran = sent && outbound?.maybeSent !== false ? 'maybe' : 'no';
  return new GatehouseError('backend_unavailable', outbound?.message ?? 'the connection failed', {
    details: { backend, ran },
    cause: error,
  });
}
