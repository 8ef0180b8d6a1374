/** A server ends its stream after the response (MCP, transports); one that does not is cut off after this. */
export const ENDS_ITSELF_WITHIN_MS = 250;

const BOUNDARY = /\r\n\r\n|\n\n|\r\r/;
/** A boundary has four characters at most: this many of the text before can belong to one that the next chunk completes. */
const BOUNDARY_OVERLAP = 3;

/** Takes the `data` of the events of a `text/event-stream` body (WHATWG HTML, section 9.2) out of its chunks. */
export class EventReader {
  /** Joined only when an event is complete: a long event in many chunks must not be copied with each of them. */
  #parts: string[] = [];
  #tail = '';
  #pending = 0;
  readonly #decoder = new TextDecoder();

  /** @returns the data of the events that are complete now. */
  push(chunk: Uint8Array): readonly string[] {
    const text = this.#decoder.decode(chunk, { stream: true });
    this.#parts.push(text);
    this.#pending += text.length;
    const seen = this.#tail + text;
    this.#tail = seen.slice(-BOUNDARY_OVERLAP);
    if (!BOUNDARY.test(seen)) return [];
    const blocks = this.#parts.join('').split(BOUNDARY);
    const rest = blocks.pop() ?? '';
    this.#parts = [rest];
    this.#tail = rest.slice(-BOUNDARY_OVERLAP);
    this.#pending = rest.length;
    return blocks.map(dataOf).filter((data) => data !== '');
  }

  /** Characters held back because their event is not complete. */
  get pending(): number {
    return this.#pending;
  }
}

const dataOf = (block: string): string =>
  block
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(line.startsWith('data: ') ? 6 : 5))
    .join('\n');

/** Writes one event. JSON text has no line break, so one `data` line holds it. */
export const messageEvent = (json: string): string => `event: message\ndata: ${json}\n\n`;

export const isEventStream = (contentType: string | undefined): boolean =>
  contentType?.toLowerCase().startsWith('text/event-stream') === true;

export const isJson = (contentType: string | undefined): boolean =>
  contentType !== undefined && /^application\/json\s*(;|$)/i.test(contentType.trim());
