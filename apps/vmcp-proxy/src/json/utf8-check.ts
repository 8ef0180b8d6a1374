import { isUtf8 } from 'node:buffer';

const NOTHING = Buffer.alloc(0);
const CONTINUATION = 0b1000_0000;
const MAX_CHARACTER_BYTES = 4;

/** Whether bytes that come in pieces, cut anywhere, are UTF-8 (RFC 3629). */
export class Utf8Check {
  /** A character that the next piece completes. */
  #begun: Buffer = NOTHING;
  #valid = true;

  push(piece: Buffer): void {
    if (!this.#valid) return;
    const bytes = this.#begun.length === 0 ? piece : Buffer.concat([this.#begun, piece]);
    const cut = lastCharacter(bytes);
    const isWhole = cut === bytes.length;
    this.#begun = isWhole ? NOTHING : bytes.subarray(cut);
    this.#valid = isUtf8(isWhole ? bytes : bytes.subarray(0, cut));
  }

  /** There will be no more. @returns whether all of it was. */
  end(): boolean {
    return this.#valid && (this.#begun.length === 0 || isUtf8(this.#begun));
  }
}

/** Where the last character begins, if it is one of several bytes; else the end. */
function lastCharacter(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(MAX_CHARACTER_BYTES, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < CONTINUATION) return bytes.length - back + 1;
    if ((byte & 0b1100_0000) !== CONTINUATION) return bytes.length - back;
  }
  return bytes.length;
}
