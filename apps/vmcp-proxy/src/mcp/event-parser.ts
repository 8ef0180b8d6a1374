/** Hears of the events of a stream while their bytes come. */
export interface EventListener {
  /** More of the event's data; its lines are joined by a line feed. */
  data(bytes: Buffer): void;
  /** The event is complete. @param type 'message' where the stream names none. */
  event(type: string): void;
  /** The stream can be taken up after what came so far. @param id `undefined`: not here, the id is none that a header can carry. */
  position?(id: string | undefined): void;
  /** How long to wait before the stream is taken up again. */
  retry?(ms: number): void;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;
const NEXT_LINE = Buffer.from('\n');
/** What a field's name, or an event's type, is remembered of: no longer one means anything here. */
const MAX_WORD_BYTES = 32;
const MAX_ID_BYTES = 1_024;
/** Goes out in a header again (`Last-Event-ID`). */
const USABLE_ID = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** Where in a line the parser is. */
type Place = 'name' | 'after colon' | 'data' | 'type' | 'id' | 'retry' | 'ignored';

const PLACES: ReadonlyMap<string, Place> = new Map<string, Place>([
  ['data', 'data'],
  ['event', 'type'],
  ['id', 'id'],
  ['retry', 'retry'],
]);

/**
 * Parses a `text/event-stream` body (WHATWG HTML, section 9.2) that comes in chunks, cut anywhere. Nothing is kept but the
 * field that is being read: an endless event, line or comment takes no memory here.
 */
export class EventParser {
  readonly #mark = new ByteOrderMark();
  #place: Place = 'name';
  #word = '';
  #type = '';
  /** Of the event that is being read; `undefined`: it has none. */
  #id: string | undefined;
  #hasData = false;
  /** The last byte was a carriage return: a line feed now belongs to it. */
  #afterReturn = false;

  constructor(private readonly listener: EventListener) {}

  push(chunk: Buffer): void {
    const bytes = this.#mark.strip(chunk);
    let at = 0;
    while (at < bytes.length) {
      if (this.#afterReturn && bytes[at] === LINE_FEED) at += 1;
      this.#afterReturn = false;
      const end = lineEnd(bytes, at);
      if (at < end) this.#line(bytes, at, end);
      if (end < bytes.length) {
        this.#afterReturn = bytes[end] === CARRIAGE_RETURN;
        this.#lineEnds();
      }
      at = end + 1;
    }
  }

  /** Servers leave out the empty line after the last event. The listener can tell whether it is complete. */
  end(): void {
    if (this.#place !== 'name' || this.#word !== '') this.#lineEnds();
    // It may be cut off: whoever takes up the stream wants it once more.
    this.#id = undefined;
    this.#dispatch();
  }

  /** A part of one line, without its end. */
  #line(bytes: Buffer, from: number, end: number): void {
    let at = from;
    if (this.#place === 'name') {
      const colon = bytes.subarray(at, end).indexOf(COLON);
      this.#addToWord(bytes, at, colon === -1 ? end : at + colon);
      if (colon === -1) return;
      at += colon + 1;
      this.#place = 'after colon';
    }
    if (this.#place === 'after colon' && at < end) {
      if (bytes[at] === SPACE) at += 1;
      this.#fieldBegins();
    }
    if (this.#place === 'type' || this.#place === 'retry') this.#addToWord(bytes, at, end);
    else if (this.#place === 'id') this.#addToWord(bytes, at, end, MAX_ID_BYTES + 1);
    else if (this.#place === 'data' && at < end) this.listener.data(bytes.subarray(at, end));
  }

  #addToWord(bytes: Buffer, from: number, end: number, mostBytes = MAX_WORD_BYTES): void {
    this.#word += bytes.toString('latin1', from, Math.min(end, from + mostBytes - this.#word.length));
  }

  /** A value begins, or the line ends without one. */
  #fieldBegins(): void {
    const name = this.#word;
    this.#word = '';
    this.#place = PLACES.get(name) ?? 'ignored';
    if (name !== 'data') return;
    if (this.#hasData) this.listener.data(NEXT_LINE);
    this.#hasData = true;
  }

  #lineEnds(): void {
    if (this.#place === 'name' && this.#word === '') {
      this.#dispatch();
      return;
    }
    if (this.#place === 'name' || this.#place === 'after colon') this.#fieldBegins();
    if (this.#place === 'type') this.#type = this.#word;
    if (this.#place === 'id') this.#id = this.#word;
    if (this.#place === 'retry' && /^\d{1,9}$/.test(this.#word)) this.listener.retry?.(Number(this.#word));
    this.#word = '';
    this.#place = 'name';
  }

  #dispatch(): void {
    const type = this.#type === '' ? 'message' : this.#type;
    const hasData = this.#hasData;
    const id = this.#id;
    this.#type = '';
    this.#id = undefined;
    this.#hasData = false;
    if (id !== undefined)
      this.listener.position?.(id.length <= MAX_ID_BYTES && USABLE_ID.test(id) ? id : undefined);
    if (hasData) this.listener.event(type);
  }
}

const lineEnd = (bytes: Buffer, from: number): number => {
  const feed = bytes.indexOf(LINE_FEED, from);
  const end = feed === -1 ? bytes.length : feed;
  const carriage = bytes.subarray(from, end).indexOf(CARRIAGE_RETURN);
  return carriage === -1 ? end : from + carriage;
};

const BYTE_ORDER_MARK = Buffer.from('\ufeff');
const NOTHING = Buffer.alloc(0);

/** Takes a byte order mark off the beginning of a body: it may be there (RFC 8259, section 8.1), and nobody needs it. */
export class ByteOrderMark {
  /** What has come of it; `undefined` when it has been decided. */
  #begun: Buffer | undefined = NOTHING;

  strip(chunk: Buffer): Buffer {
    if (this.#begun === undefined || chunk.length === 0) return chunk;
    // Nearly all of them.
    if (this.#begun.length === 0 && chunk[0] !== BYTE_ORDER_MARK[0]) {
      this.#begun = undefined;
      return chunk;
    }
    const bytes = this.#begun.length === 0 ? chunk : Buffer.concat([this.#begun, chunk]);
    const isShort = bytes.length < BYTE_ORDER_MARK.length;
    if (isShort && BYTE_ORDER_MARK.subarray(0, bytes.length).equals(bytes)) {
      this.#begun = bytes;
      return NOTHING;
    }
    this.#begun = undefined;
    const isMarked = !isShort && BYTE_ORDER_MARK.equals(bytes.subarray(0, BYTE_ORDER_MARK.length));
    return isMarked ? bytes.subarray(BYTE_ORDER_MARK.length) : bytes;
  }
}
