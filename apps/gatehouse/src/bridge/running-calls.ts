import type { Answer } from './answer.js';
import { idKey, type RpcId, type RpcMessage } from './rpc-message.js';

export interface RunningCall {
  readonly id: RpcId;
  readonly progressToken: RpcId | undefined;
  readonly answer: Answer;
}

type Timed = RunningCall & { timer: NodeJS.Timeout | undefined };

/** Requests that a program has not answered yet, each for its time. */
export class RunningCalls {
  readonly #calls = new Map<string, Timed>();
  #waitsForPerson = false;

  constructor(
    private readonly timeoutMs: () => number,
    /** Ends it. */
    private readonly late: (call: RunningCall) => void,
  ) {}

  get size(): number {
    return this.#calls.size;
  }

  has(id: RpcId): boolean {
    return this.#calls.has(idKey(id));
  }

  add({ id, progressToken }: Extract<RpcMessage, { kind: 'request' }>, answer: Answer): RunningCall {
    const call: Timed = { id, progressToken, answer, timer: undefined };
    this.#calls.set(idKey(id), call);
    if (!this.#waitsForPerson) this.#start(call);
    return call;
  }

  /** Not another one with its id. */
  isRunning(call: RunningCall): boolean {
    return this.#calls.get(idKey(call.id)) === call;
  }

  /** It runs no more. @returns `undefined` when it did not run */
  end(id: RpcId): RunningCall | undefined {
    const call = this.#calls.get(idKey(id));
    clearTimeout(call?.timer);
    this.#calls.delete(idKey(id));
    return call;
  }

  endAll(): readonly RunningCall[] {
    const calls = [...this.#calls.values()];
    for (const { timer } of calls) clearTimeout(timer);
    this.#calls.clear();
    return calls;
  }

  /**
   * People answer at their own pace: while the program asks them, no call is late, and then each has its time anew. Standard
   * output does not say in which call something is asked.
   */
  waitForPerson(waits: boolean): void {
    this.#waitsForPerson = waits;
    for (const call of this.#calls.values()) {
      clearTimeout(call.timer);
      if (!waits) this.#start(call);
    }
  }

  withToken(token: RpcId): RunningCall | undefined {
    return [...this.#calls.values()].find(({ progressToken }) => progressToken === token);
  }

  /** Those whose caller still waits, the newest last. */
  open(): readonly RunningCall[] {
    return [...this.#calls.values()].filter(({ answer }) => answer.isOpen);
  }

  #start(call: Timed): void {
    call.timer = setTimeout(() => this.late(call), this.timeoutMs()).unref();
  }
}
