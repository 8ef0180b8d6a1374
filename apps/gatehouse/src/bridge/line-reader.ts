const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const FIRST_ROOM_BYTES = 4_096;

export interface LineListener {
  /** @param isCut the line was longer than the bound; its beginning is given. */
  line(line: Buffer, isCut: boolean): void;
  /** A line passed the bound. Told once a line, before its end. */
  tooLong?(): void;
}

/** Lines of a byte stream, in chunks as they come. What is kept of one line is bounded, however small the chunks are. */
export class LineReader {
  /** The beginning of a line whose end did not come yet. It grows by doubling: a byte at a time costs no more. */
  #room = Buffer.alloc(0);
  #length = 0;
  #isCut = false;

  constructor(
    private readonly maxBytes: number,
    private readonly listener: LineListener,
  ) {}

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#ended(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** What came last had no end. */
  end(): void {
    if (this.#length > 0) this.#ended(Buffer.alloc(0));
  }

  #ended(rest: Buffer): void {
    if (this.#length === 0 && rest.length <= this.maxBytes) {
      this.listener.line(withoutReturn(rest), false);
      return;
    }
    this.#keep(rest);
    const line = this.#room.subarray(0, this.#length);
    const isCut = this.#isCut;
    this.#room = Buffer.alloc(0);
    this.#length = 0;
    this.#isCut = false;
    this.listener.line(isCut ? line : withoutReturn(line), isCut);
  }

  #keep(bytes: Buffer): void {
    const fits = Math.min(bytes.length, this.maxBytes - this.#length);
    this.#makeRoom(this.#length + fits);
    bytes.copy(this.#room, this.#length, 0, fits);
    this.#length += fits;
    if (fits === bytes.length || this.#isCut) return;
    this.#isCut = true;
    this.listener.tooLong?.();
  }

  #makeRoom(needed: number): void {
    if (needed <= this.#room.length) return;
    const more = Buffer.alloc(
      Math.min(this.maxBytes, Math.max(needed, 2 * this.#room.length, FIRST_ROOM_BYTES)),
    );
    this.#room.copy(more, 0, 0, this.#length);
    this.#room = more;
  }
}

const withoutReturn = (line: Buffer): Buffer =>
  line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
