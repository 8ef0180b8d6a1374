import { BACKSLASH, isHexDigit, isSimpleEscape, QUOTE, SPACE, UNICODE_ESCAPE } from './json-grammar.js';

/*
 * Long strings are most of what large messages are made of. A loop in JavaScript looks at one byte after the other; the
 * function below looks at sixteen, with the vector instructions of WebAssembly. It knows what `json-tokens.ts` knows of
 * strings, and no more; the specification holds the two against each other.
 */

/** So many bytes can be looked at, at a time. */
export const WINDOW_BYTES = 65_536;

/** Where in the memory of the function the table of escapes is (a byte for each byte), and behind it the text. */
const TABLE = 0;
const TEXT = 256;
/** Behind the text: the search always finds something, and an escape that is cut off looks like none. */
const PADDING = 32;
const SIMPLE = 1;
const HEX = 2;

// Operations of WebAssembly (core specification 2.0, section 5.4).
const BLOCK = [0x02, 0x40];
const LOOP = [0x03, 0x40];
const IF = [0x04, 0x40];
const END = 0x0b;
const BRANCH = 0x0c;
const BRANCH_IF = 0x0d;
const RETURN = 0x0f;
const GET = 0x20;
const SET = 0x21;
const TEE = 0x22;
const CONST = 0x41;
const IS_ZERO = 0x45;
const EQUAL = 0x46;
const NOT_EQUAL = 0x47;
const NOT_BELOW = 0x4f;
const TRAILING_ZEROS = 0x68;
const ADD = 0x6a;
const AND = 0x71;
const XOR = 0x73;
const LOAD_VECTOR = [0xfd, 0x00, 0x00];
const SPLAT = [0xfd, 0x0f];
const EQUAL_BYTES = [0xfd, 0x23];
const BELOW_BYTES = [0xfd, 0x26];
const OR_VECTORS = [0xfd, 0x50];
const BIT_MASK = [0xfd, 0x64];

/** Numbers below 2^14, signed as constants are and unsigned as offsets are (LEB128). */
const signed = (value: number): readonly number[] => (value < 64 ? [value] : [value | 0x80, 0]);
const offset = (value: number): readonly number[] => [(value & 0x7f) | 0x80, value >> 7];
const constant = (value: number): readonly number[] => [CONST, ...signed(value)];
const splat = (value: number): readonly number[] => [...constant(value), ...SPLAT];
const loadByte = (from: number): readonly number[] => [0x2d, 0x00, ...offset(from)];
const classAt = (from: number): readonly number[] => [GET, AT, ...loadByte(TEXT + from), ...loadByte(TABLE)];
const goOn = (by: number): readonly number[] => [GET, AT, ...constant(by), ADD, SET, AT];

// Its parameters and variables.
const AT = 0;
const STOP = 1;
const BYTE = 2;
const VECTOR = 3;

const BODY: readonly number[] = [
  // Variables: one number, one vector.
  ...[2, 1, 0x7f, 1, 0x7b],
  ...BLOCK,
  ...LOOP,
  // The next sixteen bytes: a quotation mark, a backslash, or a control character?
  ...[GET, AT, ...LOAD_VECTOR, ...offset(TEXT), TEE, VECTOR],
  ...[...splat(QUOTE), ...EQUAL_BYTES],
  ...[GET, VECTOR, ...splat(BACKSLASH), ...EQUAL_BYTES, ...OR_VECTORS],
  ...[GET, VECTOR, ...splat(SPACE), ...BELOW_BYTES, ...OR_VECTORS],
  ...[...BIT_MASK, TEE, BYTE, IS_ZERO, ...IF, ...goOn(16), BRANCH, 1, END],
  ...[GET, AT, GET, BYTE, TRAILING_ZEROS, ADD, SET, AT],
  // Behind the text it is over.
  ...[GET, AT, GET, STOP, NOT_BELOW, BRANCH_IF, 1],
  ...[GET, AT, ...loadByte(TEXT), TEE, BYTE, ...constant(QUOTE), EQUAL],
  ...[...IF, GET, AT, ...constant(1), ADD, RETURN, END],
  ...[GET, BYTE, ...constant(BACKSLASH), NOT_EQUAL, BRANCH_IF, 1],
  // An escape, all of which must be there.
  ...[GET, AT, ...constant(1), ADD, GET, STOP, NOT_BELOW, BRANCH_IF, 1],
  ...[...classAt(1), ...constant(SIMPLE), AND, ...IF, ...goOn(2), BRANCH, 1, END],
  ...[GET, AT, ...loadByte(TEXT + 1), ...constant(UNICODE_ESCAPE), NOT_EQUAL, BRANCH_IF, 1],
  ...[...classAt(2), ...classAt(3), AND, ...classAt(4), AND, ...classAt(5), AND],
  ...[...constant(HEX), AND, IS_ZERO, BRANCH_IF, 1],
  ...[...goOn(6), BRANCH, 0],
  ...[END, END],
  ...[GET, AT, CONST, 0x7f, XOR, END],
];

const section = (id: number, ...content: readonly number[]): readonly number[] => [
  id,
  ...offset(content.length),
  ...content,
];

const MODULE = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  // One function of two numbers that gives a number, two pages of memory, both visible from outside.
  ...section(1, 1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f),
  ...section(3, 1, 0),
  ...section(5, 1, 0, 2),
  ...section(7, 2, 1, 0x6d, 2, 0, 1, 0x66, 0, 0),
  ...section(10, 1, ...offset(BODY.length), ...BODY),
]);

interface Exports {
  readonly m: { readonly buffer: ArrayBuffer };
  readonly f: (at: number, stop: number) => number;
}

/** Every Node has it, and the types of none name it. */
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object) => { readonly exports: Exports };
  };
};
const { m: memory, f: search } = new WebAssembly.Instance(new WebAssembly.Module(MODULE)).exports;
const BYTES = new Uint8Array(memory.buffer);
for (let byte = 0; byte < 256; byte += 1)
  BYTES[TABLE + byte] = (isSimpleEscape(byte) ? SIMPLE : 0) | (isHexDigit(byte) ? HEX : 0);

/** What the memory holds a copy of. */
let loaded: Uint8Array | undefined;

/**
 * @param bytes {@link WINDOW_BYTES} at most, which do not change before {@link forgetLongStrings}. The first look copies them.
 * @param start somewhere in a string, and not in an escape.
 * @returns the offset behind the quotation mark that ends it; or the complement (`~`) of where it cannot go on: at the end, at
 * an escape that is cut off or none, or at a control character.
 */
export function afterLongString(bytes: Uint8Array, start: number): number {
  if (loaded !== bytes) load(bytes);
  return search(start, bytes.length);
}

/** To be called when a piece of a text has been read: the next one may be in the same memory. */
export function forgetLongStrings(): void {
  loaded = undefined;
}

function load(bytes: Uint8Array): void {
  BYTES.set(bytes, TEXT);
  BYTES.fill(QUOTE, TEXT + bytes.length, TEXT + bytes.length + PADDING);
  loaded = bytes;
}
