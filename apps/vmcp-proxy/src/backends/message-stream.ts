import type { BackendMessage } from './backend-message.js';
import { EventParser } from '../mcp/event-parser.js';
import { MessageReader } from './message-reader.js';

/** Hears of what an event stream of a backend brings; after `tooLarge`, or a false of `kept`, of nothing more. */
export interface MessageListener {
  /** @param message `undefined`: an event that is no message. */
  message(message: BackendMessage | undefined): void;
  /** Nothing of the event is kept any more. */
  eventEnds(): void;
  /** More of an event is kept. @returns false when there is no room for it. */
  kept(bytes: number): boolean;
  /** An event after {@link MessageStream.skip}. */
  skipped(): void;
  /** No client reads an event of this length. */
  tooLarge(): void;
}

/** Where a stream can be taken up again, and how soon (WHATWG HTML, section 9.2). It outlives the streams. */
export interface StreamPosition {
  /** `undefined`: nowhere. */
  lastEventId: string | undefined;
  /** As the server asks for it. */
  retryMs: number | undefined;
}

/** Lines, and pieces in which lines came, of one event: each costs something, however little is in it. */
const MAX_EVENT_PARTS = 100_000;

/** The messages of an event stream, in chunks as they come. */
export class MessageStream {
  #reader = new MessageReader();
  #parts = 0;
  #skips = false;
  /** The rest of a chunk may still be a whole message, and nobody may have it. */
  #isOver = false;
  readonly #parser = new EventParser({
    data: (bytes) => this.#data(bytes),
    event: (type) => this.#event(type),
    position: (id) => {
      if (this.position !== undefined) this.position.lastEventId = id;
    },
    retry: (ms) => {
      if (this.position !== undefined) this.position.retryMs = ms;
    },
  });

  constructor(
    private readonly listener: MessageListener,
    private readonly mostBytes: number,
    private readonly position?: StreamPosition,
  ) {}

  push(chunk: Buffer): void {
    this.#parser.push(chunk);
  }

  end(): void {
    this.#parser.end();
  }

  /** What follows is not read, only counted. */
  skip(): void {
    this.#skips = true;
  }

  #data(bytes: Buffer): void {
    if (this.#skips || this.#isOver) return;
    this.#reader.push(bytes);
    this.#parts += 1;
    const isTooLarge = this.#reader.length > this.mostBytes || this.#parts > MAX_EVENT_PARTS;
    if (this.listener.kept(bytes.length) && !isTooLarge) return;
    this.#isOver = true;
    this.#reader = new MessageReader();
    if (isTooLarge) this.listener.tooLarge();
  }

  #event(type: string): void {
    if (this.#isOver) return;
    if (this.#skips) {
      this.listener.skipped();
      return;
    }
    const reader = this.#reader;
    this.#reader = new MessageReader();
    this.#parts = 0;
    // Other types of event are not for clients of MCP, and an empty one is a sign of life.
    if (type === 'message' && reader.length > 0)
      for (const message of reader.end()) this.listener.message(message);
    this.listener.eventEnds();
  }
}
