import { SECOND_MS } from '@gatehouse/kernel/durations';
import { idKey, type RpcId } from './rpc-message.js';

/** Long enough for the next call to come, or for the proxy to listen. */
const HOLD_MS = 10 * SECOND_MS;
const MAX_MESSAGES = 64;
const MAX_BYTES = 4 * 1024 * 1024;

interface Held {
  readonly line: Buffer;
  readonly timer: NodeJS.Timeout | undefined;
}

/** What a program says while nobody listens. A request is not left without an answer: it is refused when nobody comes. */
export class HeldMessages {
  #held: Held[] = [];
  #bytes = 0;

  constructor(
    private readonly refuse: (request: RpcId) => void,
    private readonly holdMs = HOLD_MS,
  ) {}

  /** @param request absent: a notification. @returns false when there is no room for it */
  hold(line: Buffer, request: RpcId | undefined): boolean {
    if (this.#held.length >= MAX_MESSAGES || this.#bytes + line.length > MAX_BYTES) {
      if (request !== undefined) this.refuse(request);
      return false;
    }
    const held: Held = { line, timer: request === undefined ? undefined : this.#timer(line, request) };
    this.#held.push(held);
    this.#bytes += line.length;
    return true;
  }

  /** Somebody listens. @returns what was held, in order */
  take(): readonly Buffer[] {
    const lines = this.#held.map(({ line }) => line);
    this.clear();
    return lines;
  }

  clear(): void {
    for (const { timer } of this.#held) clearTimeout(timer);
    this.#held = [];
    this.#bytes = 0;
  }

  #timer(line: Buffer, request: RpcId): NodeJS.Timeout {
    return setTimeout(() => {
      this.#held = this.#held.filter((held) => held.line !== line);
      this.#bytes -= line.length;
      this.refuse(request);
    }, this.holdMs).unref();
  }
}

/** Requests of a program that its client has yet to answer. Nobody answers what was not asked. */
export class AskedRequests {
  readonly #asked = new Set<string>();

  add(id: RpcId): void {
    // A program that asks without end and takes no answer costs no more than this.
    if (this.#asked.size < 10_000) this.#asked.add(idKey(id));
  }

  /** @returns whether it was asked */
  answered(id: RpcId): boolean {
    return this.#asked.delete(idKey(id));
  }
}
