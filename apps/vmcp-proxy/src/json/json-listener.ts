/** Hears of what lies near the root; offsets are in bytes from the beginning of the text. */
export interface JsonListener {
  /** @param depth how many objects and arrays are open around it. */
  valueBegins(depth: number, offset: number, firstByte: number): void;
  /** @param offset of the first byte behind it. */
  valueEnds(depth: number, offset: number): void;
  nameBegins(depth: number, offset: number): void;
  nameEnds(depth: number, offset: number): void;
}
