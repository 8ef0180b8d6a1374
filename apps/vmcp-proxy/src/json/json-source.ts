import { isAscii, isUtf8 } from 'node:buffer';

/** Of larger texts only what is looked at is made into strings. */
export const SHORT_BYTES = 65_536;

/** The bytes of a JSON text, and stretches of it as strings. */
export class JsonSource {
  /** All of it, where it is short and each byte is a character: stretches of a string cost next to nothing. */
  readonly #ascii: string | undefined;

  constructor(readonly bytes: Buffer) {
    if (bytes.length <= SHORT_BYTES && isAscii(bytes)) this.#ascii = bytes.toString('latin1');
  }

  /** JSON between systems is UTF-8 (RFC 8259, section 8.1); replacement characters would change what was said. */
  get isUtf8(): boolean {
    return this.#ascii !== undefined || isUtf8(this.bytes);
  }

  text(start: number, end: number): string {
    return this.#ascii?.slice(start, end) ?? this.bytes.toString('utf8', start, end);
  }

  /** The same bytes when they are sent. */
  piece(start: number, end: number): string | Buffer {
    return this.#ascii?.slice(start, end) ?? this.bytes.subarray(start, end);
  }

  /** What the string says that stands there with its quotes. */
  string(start: number, end: number): string {
    const written = this.text(start, end);
    return written.includes('\\') ? (JSON.parse(written) as string) : written.slice(1, -1);
  }
}
