import type { Answer } from './answer.js';
import { idKey, type RpcId, type RpcMessage } from './rpc-message.js';

export interface RunningCall {
  readonly id: RpcId;
  readonly progressToken: RpcId | undefined;
  readonly answer: Answer;
}

/** Requests that a program has not answered yet, each for its time. */
export class RunningCalls {
  readonly #calls = new Map<string, RunningCall & { readonly timer: NodeJS.Timeout }>();

  constructor(
    private readonly timeoutMs: number,
    private readonly late: (call: RunningCall) => void,
  ) {}

  get size(): number {
    return this.#calls.size;
  }

  has(id: RpcId): boolean {
    return this.#calls.has(idKey(id));
  }

  add({ id, progressToken }: Extract<RpcMessage, { kind: 'request' }>, answer: Answer): void {
    const timer = setTimeout(() => {
      const call = this.end(id);
      if (call !== undefined) this.late(call);
    }, this.timeoutMs).unref();
    this.#calls.set(idKey(id), { id, progressToken, answer, timer });
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

  withToken(token: RpcId): RunningCall | undefined {
    return [...this.#calls.values()].find(({ progressToken }) => progressToken === token);
  }

  /** Those whose caller still waits, the newest last. */
  open(): readonly RunningCall[] {
    return [...this.#calls.values()].filter(({ answer }) => answer.isOpen);
  }
}
