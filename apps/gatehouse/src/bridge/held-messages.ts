import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { RpcId } from './rpc-message.js';

/** Long enough for the next call to come, or for the proxy to listen. */
const HOLD_MS = 10 * SECOND_MS;
const MAX_MESSAGES = 64;
const MAX_BYTES = 4 * 1024 * 1024;

interface Held {
  readonly line: Buffer;
  /** Absent: a notification. */
  readonly request: RpcId | undefined;
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
    const timer = request === undefined ? undefined : this.#timer(line, request);
    this.#held.push({ line, request, timer });
    this.#bytes += line.length;
    return true;
  }

  /** Somebody listens. @returns what was held, in order */
  take(): readonly Omit<Held, 'timer'>[] {
    const held = this.#held;
    this.clear();
    return held;
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
