/*
 * The words in which functions of WebAssembly are written out here (ADR 38), and how their module is put together.
 */

// Operations of WebAssembly (core specification 2.0, section 5.4).
export const BLOCK = [0x02, 0x40];
export const LOOP = [0x03, 0x40];
export const IF = [0x04, 0x40];
export const ELSE = 0x05;
export const END = 0x0b;
export const BRANCH = 0x0c;
export const BRANCH_IF = 0x0d;
export const RETURN = 0x0f;
export const SELECT = 0x1b;
export const GET = 0x20;
export const SET = 0x21;
export const TEE = 0x22;
export const CONST = 0x41;
export const EQUAL = 0x46;
export const NOT_EQUAL = 0x47;
export const NOT_BELOW = 0x4f;
export const IS_ZERO = 0x45;
export const CALL = 0x10;
export const LOAD = [0x28, 0x00];
export const LOAD_BYTE = [0x2d, 0x00];
export const STORE = [0x36, 0x00];
export const STORE_BYTE = [0x3a, 0x00];
export const BELOW_SIGNED = 0x48;
export const TRAILING_ZEROS = 0x68;
export const ADD = 0x6a;
export const OR = 0x72;
export const SUBTRACT = 0x6b;
export const AND = 0x71;
export const XOR = 0x73;
export const LONG_CONST = 0x42;
export const LONG_IS_ZERO = 0x50;
export const LONG_TRAILING_ZEROS = 0x7a;
export const LONG_SUBTRACT = 0x7d;
export const LONG_AND = 0x83;
export const LONG_OR = 0x84;
export const LONG_XOR = 0x85;
export const LONG_SHIFT_UP = 0x86;
export const LONG_SHIFT_DOWN = 0x88;
export const TO_LONG = 0xad;
export const FROM_LONG = 0xa7;
export const LOAD_VECTOR = [0xfd, 0x00, 0x00];
export const VECTOR_CONST = [0xfd, 0x0c];
export const LOOK_UP = [0xfd, 0x0e];
export const SPLAT = [0xfd, 0x0f];
export const EQUAL_BYTES = [0xfd, 0x23];
export const BELOW_BYTES = [0xfd, 0x26];
export const AND_VECTORS = [0xfd, 0x4e];
export const OR_VECTORS = [0xfd, 0x50];
export const BIT_MASK = [0xfd, 0x64];
export const SHIFT_BYTES_DOWN = [0xfd, 0x6d];

/** Of an unsigned number, such as an offset or a length (LEB128). */
export function unsigned(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** Of a constant, which is signed: the last byte says so in its seventh bit. */
function signed(value: number): readonly number[] {
  const isLast = value >= -0x40 && value < 0x40;
  return isLast ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}

export const constant = (value: number): readonly number[] => [CONST, ...signed(value)];
export const longConstant = (value: number): readonly number[] => [LONG_CONST, ...signed(value)];
export const splat = (value: number): readonly number[] => [...constant(value), ...SPLAT];

const section = (id: number, ...content: readonly number[]): readonly number[] => [
  id,
  ...unsigned(content.length),
  ...content,
];

interface WrittenFunction {
  /** How many numbers of 32 bits it takes; it gives one. */
  readonly takes: number;
  readonly body: readonly number[];
  /** One letter; left out: the others alone call it. */
  readonly exportedAs?: string;
}

/** A module of these functions, and of two pages of memory, which is visible as `m`. */
export function wasmModule(functions: readonly WrittenFunction[]): Uint8Array<ArrayBuffer> {
  const exported = functions.flatMap(({ exportedAs }, index) =>
    exportedAs === undefined ? [] : [1, exportedAs.charCodeAt(0), 0, index],
  );
  const types = functions.flatMap(({ takes }) => [
    ...[0x60, takes, ...Array.from({ length: takes }, () => 0x7f), 1, 0x7f],
  ]);
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, functions.length, ...types),
    ...section(3, functions.length, ...functions.map((_, index) => index)),
    ...section(5, 1, 0, 2),
    ...section(7, 1 + exported.length / 4, 1, 0x6d, 2, 0, ...exported),
    ...section(10, functions.length, ...functions.flatMap(({ body }) => [...unsigned(body.length), ...body])),
  ]);
}
