import * as grammar from './json-grammar.js';
import { afterLongString } from './long-strings.js';

/*
 * Whole tokens of JSON text (RFC 8259). Offsets point at the first byte of a token; what is returned is the offset of the
 * byte behind its last one. They are small and know nothing but their bytes, so that the compiler makes loops of them.
 */

/** In place of an offset: there is no such token here, or no whole one. */
export const NO_TOKEN = -1;

// Constants of this file: imported ones would be looked up for each byte.
const { BACKSLASH, QUOTE, SPACE, UNICODE_ESCAPE } = grammar;
const NONE = NO_TOKEN;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const SMALL_E = 0x65;

const DIGITS = new Uint8Array(256).fill(1, ZERO, ZERO + 10);
const SPACES = new Uint8Array(256);
for (const byte of Buffer.from(' \t\n\r')) SPACES[byte] = 1;

export function afterSpaces(bytes: Uint8Array, start: number): number {
  let at = start;
  while (SPACES[bytes[at] ?? 0] === 1) at += 1;
  return at;
}

/** The first byte that is more than a character of a string: control characters must be escaped. Or the end. */
export function afterPlain(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE || byte === BACKSLASH || byte < SPACE) break;
    at += 1;
  }
  return at;
}

/** Most strings are short: their end is found sooner than another function is called. */
const NEAR_BYTES = 24;

/** What is inside is not decoded. @param isLong the bytes are so many that a long string may be among them. */
export function afterString(bytes: Uint8Array, start: number, isLong = false): number {
  if (isLong) return afterStringNearOrFar(bytes, start);
  for (let at = start + 1; ; at += 1) {
    at = afterPlain(bytes, at);
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte !== BACKSLASH) return NONE;
    at += 1;
    const escaped = bytes[at] ?? 0;
    if (escaped === UNICODE_ESCAPE) {
      for (let digit = 1; digit <= 4; digit += 1)
        if (!grammar.isHexDigit(bytes[at + digit] ?? 0)) return NONE;
      at += 4;
    } else if (!grammar.isSimpleEscape(escaped)) return NONE;
  }
}

function afterStringNearOrFar(bytes: Uint8Array, start: number): number {
  const near = Math.min(start + NEAR_BYTES, bytes.length);
  let at = start + 1;
  while (at < near) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH || byte < SPACE) break;
    at += 1;
  }
  const end = afterLongString(bytes, at);
  return end < 0 ? NONE : end;
}

export const beginsNumber = (byte: number): boolean => byte === MINUS || DIGITS[byte] === 1;

/** It may go on in what comes behind the bytes, where they end with it. */
function afterNumber(bytes: Uint8Array, start: number): number {
  let at = bytes[start] === MINUS ? start + 1 : start;
  at = bytes[at] === ZERO ? at + 1 : afterDigits(bytes, at);
  const byte = bytes[at] ?? 0;
  return at === NONE || (byte !== POINT && (byte | 0x20) !== SMALL_E) ? at : afterFraction(bytes, at, byte);
}

function afterFraction(bytes: Uint8Array, start: number, byte: number): number {
  const at = byte === POINT ? afterDigits(bytes, start + 1) : start;
  if (at === NONE || ((bytes[at] ?? 0) | 0x20) !== SMALL_E) return at;
  const sign = bytes[at + 1];
  return afterDigits(bytes, sign === PLUS || sign === MINUS ? at + 2 : at + 1);
}

function afterDigits(bytes: Uint8Array, start: number): number {
  let at = start;
  while (DIGITS[bytes[at] ?? 0] === 1) at += 1;
  return at === start ? NONE : at;
}

/** `true`, `false` or `null`. */
function afterLiteral(bytes: Uint8Array, start: number): number {
  const rest = grammar.LITERALS.get(bytes[start] ?? 0);
  if (rest === undefined) return NONE;
  for (let index = 0; index < rest.length; index += 1)
    if (bytes[start + 1 + index] !== rest.charCodeAt(index)) return NONE;
  return start + 1 + rest.length;
}

/** A string, number or literal, if it is sure where it ends: a number at the end of the bytes may go on. */
export function afterScalar(bytes: Uint8Array, at: number, byte: number, isLong = false): number {
  if (byte === QUOTE) return afterString(bytes, at, isLong);
  if (!beginsNumber(byte)) return afterLiteral(bytes, at);
  const end = afterNumber(bytes, at);
  return end === bytes.length ? NONE : end;
}
