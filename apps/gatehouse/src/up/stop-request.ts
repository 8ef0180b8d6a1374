import type { StopSource } from '../terminal.js';

/** One Ctrl-C reaches npm, the set-up program and this process at once, and the second of them passes it on. */
const SAME_REQUEST_MS = 700;

/**
 * A request to stop this process: a signal, output that nobody reads any more, or the end of the program that started it (which holds the other end of the
 * IPC channel). A second request, later, means to stop without waiting.
 */
export class StopRequest {
  readonly #requested = Promise.withResolvers<undefined>();
  #firstAtMs: number | undefined;
  #onSecond: () => void = () => undefined;
  #onHangUp: (() => boolean) | undefined;

  constructor(
    source: StopSource,
    private readonly now: () => number = Date.now,
  ) {
    for (const asked of ['SIGINT', 'SIGTERM', 'unread'] as const) source.on(asked, () => this.#request());
    source.on('SIGHUP', () => {
      if (this.#onHangUp?.() !== true) this.#request();
    });
    if (source.channel !== undefined) {
      source.on('disconnect', () => this.#request());
      source.channel.unref();
    }
  }

  #request(): void {
    if (this.#firstAtMs === undefined) {
      this.#firstAtMs = this.now();
      this.#requested.resolve(undefined);
    } else if (this.now() - this.#firstAtMs > SAME_REQUEST_MS) this.#onSecond();
  }

  onSecond(hurry: () => void): void {
    this.#onSecond = hurry;
  }

  /** @param handled whether a hang-up meant something else; where it did not, it is a request as well. */
  onHangUp(handled: () => boolean): void {
    this.#onHangUp = handled;
  }

  /** The result of the work, or `undefined` as soon as a stop is requested. */
  async orElse<Value>(work: Promise<Value>): Promise<Value | undefined> {
    const value = await Promise.race([work, this.#requested.promise]);
    // Work that is left behind may fail because everything is being stopped under it.
    work.catch(() => undefined);
    return value;
  }
}
