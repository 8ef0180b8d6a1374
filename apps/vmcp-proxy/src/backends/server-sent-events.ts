/** Takes the `data` of the events of a `text/event-stream` body (WHATWG HTML, section 9.2) out of its chunks. */
export class EventReader {
  #rest = '';
  readonly #decoder = new TextDecoder();

  /** @returns the data of the events that are complete now. */
  push(chunk: Uint8Array): readonly string[] {
    this.#rest += this.#decoder.decode(chunk, { stream: true });
    const blocks = this.#rest.split(/\r\n\r\n|\n\n|\r\r/);
    this.#rest = blocks.pop() ?? '';
    return blocks.map(dataOf).filter((data) => data !== '');
  }

  /** Characters held back because their event is not complete. */
  get pending(): number {
    return this.#rest.length;
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
