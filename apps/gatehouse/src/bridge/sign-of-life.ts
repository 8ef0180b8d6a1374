import { randomUUID } from 'node:crypto';

/** Looks whether a program is there at all, after a call that it did not answer. Anything that it says is a sign. */
export class SignOfLife {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly withinMs: () => number,
    private readonly send: (line: Buffer) => void,
    private readonly none: () => void,
  ) {}

  ask(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(this.none, this.withinMs());
    const id = `gatehouse-bridge-${randomUUID()}`;
    this.send(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method: 'ping' })));
  }

  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
