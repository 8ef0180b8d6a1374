import { EventParser } from './event-parser.js';

/** A server ends its stream after the response (MCP, transports); one that does not is cut off after this. */
export const ENDS_ITSELF_WITHIN_MS = 250;

/** Proxies on the way cut a connection on which nothing moves. No client takes a comment for an event (WHATWG HTML, section 9.2). */
export const SIGN_OF_LIFE = ': still running\n\n';

/** Takes the `data` of the messages of an event stream out of its chunks, as texts. */
export class EventReader {
  #parts: Buffer[] = [];
  #pending = 0;
  #complete: string[] = [];
  readonly #parser = new EventParser({
    data: (bytes) => {
      this.#parts.push(bytes);
      this.#pending += bytes.length;
    },
    event: (type) => {
      // An empty event is none, and other types than this one are not for clients of MCP.
      if (type === 'message' && this.#pending > 0) this.#complete.push(Buffer.concat(this.#parts).toString());
      this.#parts = [];
      this.#pending = 0;
    },
  });

  /** @returns the data of the events that are complete now. */
  push(chunk: Buffer): readonly string[] {
    this.#parser.push(chunk);
    return this.#taken();
  }

  /** @returns the data of an event that nothing but its last empty line was missing of. */
  end(): readonly string[] {
    this.#parser.end();
    return this.#taken();
  }

  /** Bytes held back because their event is not complete. */
  get pending(): number {
    return this.#pending;
  }

  #taken(): readonly string[] {
    const taken = this.#complete;
    this.#complete = [];
    return taken;
  }
}

export const isEventStream = (contentType: string | undefined): boolean =>
  contentType?.toLowerCase().startsWith('text/event-stream') === true;

export const isJson = (contentType: string | undefined): boolean =>
  contentType === 'application/json' ||
  (contentType !== undefined && /^application\/json\s*(;|$)/i.test(contentType.trim()));
