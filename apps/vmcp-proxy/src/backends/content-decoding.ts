import type { Transform } from 'node:stream';
import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib';

/** Where decoded bytes go. */
export interface DecodedSink {
  data(chunk: Buffer): void;
  end(): void;
  /** What came is not what its header says. */
  broken(): void;
  /** A few bytes can stand for any number of them. */
  tooLarge(): void;
  /** More can be written. */
  drained(): void;
}

/** What text that nobody made for that becomes is far less. */
const MOST_FOR_A_BYTE = 100;

/** How much may come out. */
export interface DecodedBound {
  readonly bytes: number;
  /** It is a stream without an end, whose messages are bounded: more may come out as more comes in. */
  readonly isEndless?: boolean;
}

/** More codings on top of each other are somebody's joke. */
const MAX_CODINGS = 2;

/** zlib's own header, whose first byte says so (RFC 1950). Some servers leave it out, against RFC 9110 section 8.4.1.2. */
const isZlib = (first: number | undefined): boolean => first === undefined || (first & 0x0f) === 8;

/** By the name of the coding (RFC 9110 section 8.4.1). `first`: its first byte, where that is known. */
const DECODERS: Readonly<Record<string, (first: number | undefined) => Transform>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  deflate: (first) => (isZlib(first) ? createInflate() : createInflateRaw()),
  br: () => createBrotliDecompress(),
  zstd: () => createZstdDecompress(),
};

/**
 * Undoes the content codings of a response, as it comes: some servers encode without being asked to. What comes out of each
 * coding is bounded: in the header of one (RFC 1952, the file's name) there is room for any number of bytes that no other sees.
 */
export class ContentDecoding {
  #stages: readonly Transform[] = [];
  #isClosed = false;
  /** That came in. */
  #encodedBytes = 0;

  private constructor(
    /** In the order in which they are undone. */
    private readonly codings: readonly string[],
    private readonly sink: DecodedSink,
    private readonly bound: DecodedBound,
  ) {}

  /** @returns `undefined` for what is not encoded, or in a way that is not known. */
  static of(header: string | undefined, sink: DecodedSink, bound: DecodedBound): ContentDecoding | undefined {
    if (header === undefined) return undefined;
    const codings = codingsIn(header);
    const isKnown =
      codings.length <= MAX_CODINGS && codings.every((coding) => Object.hasOwn(DECODERS, coding));
    return isKnown && codings.length > 0 ? new ContentDecoding(codings.toReversed(), sink, bound) : undefined;
  }

  /** @returns false when no more should come before the sink is told. */
  write(chunk: Buffer): boolean {
    if (this.#isClosed) return true;
    this.#encodedBytes += chunk.length;
    if (this.#stages.length === 0) this.#stages = this.#begin(chunk[0]);
    return this.#stages[0]?.write(chunk) ?? true;
  }

  end(): void {
    if (this.#isClosed) return;
    // Nothing was sent, encoded or not.
    if (this.#stages.length === 0) this.sink.end();
    else this.#stages[0]?.end();
  }

  pause(): void {
    this.#stages.at(-1)?.pause();
  }

  resume(): void {
    this.#stages.at(-1)?.resume();
  }

  /** The sink hears nothing more. */
  close(): void {
    this.#isClosed = true;
    for (const stage of this.#stages) stage.destroy();
  }

  get #mostBytes(): number {
    const { bytes, isEndless = false } = this.bound;
    return isEndless ? bytes + MOST_FOR_A_BYTE * this.#encodedBytes : bytes;
  }

  #begin(first: number | undefined): readonly Transform[] {
    const stages = this.codings.flatMap(
      (coding, index) => DECODERS[coding]?.(index === 0 ? first : undefined) ?? [],
    );
    const whileOpen =
      <Arguments extends readonly unknown[]>(then: (...given: Arguments) => void) =>
      (...given: Arguments): void => {
        if (!this.#isClosed) then(...given);
      };
    for (const [index, stage] of stages.entries()) {
      stage.on(
        'error',
        whileOpen(() => this.sink.broken()),
      );
      let bytes = 0;
      stage.on(
        'data',
        whileOpen(({ length }: Buffer) => {
          bytes += length;
          if (bytes > this.#mostBytes) this.sink.tooLarge();
        }),
      );
      const next = stages[index + 1];
      if (next !== undefined) stage.pipe(next);
    }
    stages[0]?.on(
      'drain',
      whileOpen(() => this.sink.drained()),
    );
    const last = stages.at(-1);
    last?.on(
      'data',
      whileOpen((chunk: Buffer) => this.sink.data(chunk)),
    );
    last?.on(
      'end',
      whileOpen(() => this.sink.end()),
    );
    return stages;
  }
}

const codingsIn = (header: string): readonly string[] =>
  header
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
