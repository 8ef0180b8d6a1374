import { isHexDigit } from './json-grammar.js';

/*
 * Where things are in the memory of the functions that look at text: classes of bytes, the text, and behind it what is known of where they
 * are in it.
 */

/** So many bytes can be looked at, at a time. */
export const WINDOW_BYTES = 65_536;
/** Looked at together. */
export const BLOCK_BYTES = 64;
/** A byte for each byte: which of these it is. */
export const CLASSES_OF_BYTES = 0;
export const HEX = 1;
export const DIGIT = 2;
export const WHITE_SPACE = 4;
export const TEXT = 256;
/** Behind the text: each search finds something, and what is cut off there looks like nothing else. */
export const PADDING = 2 * BLOCK_BYTES;
/** Two numbers: what may come next, and how deep that is. */
export const NEXT_PLACE = TEXT + WINDOW_BYTES + 256;
export const DEPTH_PLACE = NEXT_PLACE + 4;
/** By depth: the byte that ends the object or list. */
export const CLOSERS = NEXT_PLACE + 256;

export function fillClasses(bytes: Uint8Array): void {
  for (let byte = 0; byte < 256; byte += 1) bytes[CLASSES_OF_BYTES + byte] = isHexDigit(byte) ? HEX : 0;
  for (const byte of Buffer.from('0123456789')) bytes[CLASSES_OF_BYTES + byte] = HEX | DIGIT;
  for (const byte of Buffer.from(' \t\n\r')) bytes[CLASSES_OF_BYTES + byte] = WHITE_SPACE;
}
