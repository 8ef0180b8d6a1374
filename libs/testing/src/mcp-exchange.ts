import { setTimeout as pause } from 'node:timers/promises';

/** A JSON-RPC message, as it came. */
export type Message = Readonly<Record<string, unknown>>;

/** What was waited for did not come in time: nobody said anything. */
export class Silence extends Error {}

/** The stream, or the body, ended without what was waited for. */
export class Ended extends Error {}

/**
 * One HTTP request of an MCP client, and all that comes back for it: a JSON body, or the events of a stream. Each wait has a
 * limit, so that nothing that a server does lets a test hang.
 */
export class Exchange {
  /** 0 until the response has begun, and when there never was one. */
  status = 0;
  headers = new Headers();
  readonly messages: Message[] = [];
  /** Where a client goes on with a stream that broke off. */
  lastEventId = '';
  isOver = false;
  /** How a request that got no response failed. */
  failure = '';
  /** The client itself gave it up. */
  isGivenUp = false;
  readonly #abort = new AbortController();
  #changed = Promise.withResolvers<undefined>();

  /** @param withinMs for everything that is waited for. */
  constructor(
    readonly what: string,
    url: string,
    init: RequestInit,
    private readonly withinMs: number,
  ) {
    void this.#run(url, init).catch((error: unknown) => {
      this.failure =
        error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      this.#end();
    });
  }

  /** @throws {Silence} @throws {Ended} */
  async begun(): Promise<number> {
    return await this.#look(() => (this.status === 0 ? undefined : this.status), 'the response begins');
  }

  /** The first message for which this holds. @throws {Silence} @throws {Ended} */
  async heard(isIt: (message: Message) => boolean, what: string): Promise<Message> {
    return await this.#look(() => this.messages.find(isIt), what);
  }

  /** The JSON-RPC response. @throws {Silence} @throws {Ended} */
  async response(): Promise<Message> {
    return await this.heard((message) => 'result' in message || 'error' in message, 'a response');
  }

  /** @throws {Silence} */
  async ended(): Promise<void> {
    await this.#look(() => (this.isOver ? true : undefined), 'its end');
  }

  /** The connection breaks, or the client goes away. */
  breakOff(): void {
    this.isGivenUp = true;
    this.#abort.abort();
  }

  async #look<Found>(look: () => Found | undefined, what: string): Promise<Found> {
    const late = new AbortController();
    const tooLate = pause(this.withinMs, 'too late' as const, { signal: late.signal });
    tooLate.catch(() => undefined);
    try {
      for (;;) {
        const found = look();
        if (found !== undefined) return found;
        if (this.isOver)
          throw new Ended(`${this.what}: over without ${what}: ${this.status} ${this.failure}`);
        if ((await Promise.race([this.#changed.promise, tooLate])) === 'too late')
          throw new Silence(`${this.what}: silence in place of ${what} for ${this.withinMs} ms`);
      }
    } finally {
      late.abort();
    }
  }

  async #run(url: string, init: RequestInit): Promise<void> {
    const response = await fetch(url, { ...init, signal: this.#abort.signal });
    this.status = response.status;
    this.headers = response.headers;
    this.#tell();
    if (response.headers.get('content-type')?.startsWith('text/event-stream') === true)
      await this.#readEvents(response);
    else this.#take(await response.text());
    this.#end();
  }

  async #readEvents(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    let rest = '';
    // Bytes, says the Fetch standard.
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      const events = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
      rest = events.pop() ?? '';
      for (const event of events) this.#takeEvent(event);
      this.#tell();
    }
  }

  #takeEvent(event: string): void {
    this.lastEventId = /^id: ?(.*)$/m.exec(event)?.[1] ?? this.lastEventId;
    // Empty: it only says where the stream is.
    this.#take(/^data: ?(.*)$/m.exec(event)?.[1] ?? '');
  }

  #take(text: string): void {
    if (text.startsWith('{')) this.messages.push(JSON.parse(text) as Message);
    else if (text !== '') this.failure = text.slice(0, 200);
  }

  #tell(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve(undefined);
  }

  #end(): void {
    this.isOver = true;
    this.#tell();
  }
}
