import type { Span } from './json-scanner.js';

/** Bytes of a text that came in pieces, kept as they came: a large one is never copied. */
export class HeldText {
  readonly #pieces: Buffer[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  /** What lies in the span. */
  pieces({ start, end }: Span): readonly Buffer[] {
    const [only] = this.#pieces;
    if (only !== undefined && end <= only.length) return [only.subarray(start, end)];
    const found: Buffer[] = [];
    let offset = 0;
    for (const piece of this.#pieces) {
      const from = Math.max(start - offset, 0);
      const to = Math.min(end - offset, piece.length);
      if (from < to) found.push(piece.subarray(from, to));
      offset += piece.length;
    }
    return found;
  }

  text(span: Span): string {
    const [only] = this.#pieces;
    if (only !== undefined && span.end <= only.length) return only.toString('utf8', span.start, span.end);
    return Buffer.concat(this.pieces(span)).toString();
  }
}
