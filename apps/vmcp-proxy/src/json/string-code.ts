import { BACKSLASH, isSimpleEscape, QUOTE, SPACE, UNICODE_ESCAPE } from './json-grammar.js';
import { BLOCK_BYTES, CLASSES_OF_BYTES, HEX, TEXT } from './text-memory.js';
import {
  ADD,
  AND,
  AND_VECTORS,
  BELOW_BYTES,
  BIT_MASK,
  BLOCK,
  BRANCH,
  BRANCH_IF,
  CONST,
  END,
  EQUAL,
  EQUAL_BYTES,
  FROM_LONG,
  GET,
  IF,
  IS_ZERO,
  LOAD_BYTE,
  LOAD_VECTOR,
  LONG_AND,
  LONG_CONST,
  LONG_IS_ZERO,
  LONG_OR,
  LONG_SHIFT_DOWN,
  LONG_SHIFT_UP,
  LONG_SUBTRACT,
  LONG_TRAILING_ZEROS,
  LONG_XOR,
  LOOK_UP,
  LOOP,
  NOT_BELOW,
  NOT_EQUAL,
  OR_VECTORS,
  RETURN,
  SELECT,
  SET,
  SHIFT_BYTES_DOWN,
  SPLAT,
  SUBTRACT,
  TEE,
  TO_LONG,
  VECTOR_CONST,
  XOR,
  constant,
  longConstant,
  unsigned,
} from './wasm.js';

// Its parameters and variables.
const AT = 0;
const STOP = 1;
/** Bits of the block: where backslashes are, where the string ends or breaks, and what follows the backslashes that escape. */
const BACKSLASHES = 2;
const ENDS = 3;
const ESCAPED = 4;
/** Backslashes that escape, and what they escape. */
const PAIRS = 5;
/** 1: the first byte of the block is escaped by the last one of the block before it. */
const CARRY = 6;
/** That are looked at together: {@link BLOCK_BYTES}. */
const VECTORS = [0, 1, 2, 3];
const [FIRST_VECTOR, ALL_QUOTES, ALL_BACKSLASHES, ALL_SPACES, LOW_HALVES, LOW_CLASSES, HIGH_CLASSES] = [
  7, 11, 12, 13, 14, 15, 16,
];

/** Each second bit, from the second on: ten bytes of seven bits, signed. */
const ODD_BITS = [LONG_CONST, 0xaa, 0xd5, 0xaa, 0xd5, 0xaa, 0xd5, 0xaa, 0xd5, 0xaa, 0x7f];
const loadByte = (from: number): readonly number[] => [...LOAD_BYTE, ...unsigned(from)];
const isHexAt = (from: number): readonly number[] => [
  GET,
  AT,
  ...loadByte(TEXT + from),
  ...loadByte(CLASSES_OF_BYTES),
  ...constant(HEX),
  AND,
];
const goOn = (by: number): readonly number[] => [GET, AT, ...constant(by), ADD, SET, AT];
const setAll = (vector: number, value: number): readonly number[] => [
  ...constant(value),
  ...SPLAT,
  SET,
  vector,
];

/** What each vector says, a bit for each byte, in one number. */
const inBits = (said: (vector: number) => readonly number[]): readonly number[] =>
  VECTORS.flatMap((index) => [
    ...said(FIRST_VECTOR + index),
    ...BIT_MASK,
    TO_LONG,
    ...(index === 0 ? [] : [...longConstant(16 * index), LONG_SHIFT_UP, LONG_OR]),
  ]);

/** For each byte of a vector. */
const zeros = (): number[] => Array.from({ length: 16 }, () => 0);

/**
 * By the halves of a byte: where a low one and a high one have a bit in common, the byte may follow a backslash. There are four
 * high halves, so each has a bit of its own.
 */
function classesOfHalves(): { readonly low: readonly number[]; readonly high: readonly number[] } {
  const [low, high] = [zeros(), zeros()];
  const bits = new Map<number, number>();
  for (let byte = 0; byte < 256; byte += 1) {
    if (!isSimpleEscape(byte)) continue;
    const half = byte >> 4;
    const bit = bits.get(half) ?? 1 << bits.size;
    bits.set(half, bit);
    high[half] = bit;
    low[byte & 0x0f] = (low[byte & 0x0f] ?? 0) | bit;
  }
  return { low, high };
}
const CLASSES = classesOfHalves();
const NOTHING = [...VECTOR_CONST, ...zeros()];

/** A vector of all ones or zeros for each byte: zero where it may follow a backslash. */
const notSimple = (vector: number): readonly number[] => [
  ...[GET, LOW_CLASSES, GET, vector, GET, LOW_HALVES, ...AND_VECTORS, ...LOOK_UP],
  ...[GET, HIGH_CLASSES, GET, vector, ...constant(4), ...SHIFT_BYTES_DOWN, ...LOOK_UP, ...AND_VECTORS],
  ...[...NOTHING, ...EQUAL_BYTES],
];

/**
 * Of a run of backslashes each second one is escaped, and the byte behind an odd run. Bits of runs are subtracted from those that
 * are one further, with all odd bits set: what is borrowed goes along a run to its end (simdjson, find_escaped).
 */
const FIND_ESCAPED: readonly number[] = [
  ...[GET, BACKSLASHES, GET, BACKSLASHES, GET, CARRY, LONG_AND, LONG_XOR, TEE, PAIRS],
  ...[...longConstant(1), LONG_SHIFT_UP, ...ODD_BITS, LONG_OR, GET, PAIRS, LONG_SUBTRACT],
  ...[...ODD_BITS, LONG_XOR, TEE, PAIRS],
  ...[GET, BACKSLASHES, GET, CARRY, LONG_OR, LONG_XOR, SET, ESCAPED],
  ...[GET, PAIRS, GET, BACKSLASHES, LONG_AND, ...longConstant(63), LONG_SHIFT_DOWN, SET, CARRY],
  // What is escaped ends nothing.
  ...[GET, ENDS, GET, ENDS, GET, ESCAPED, LONG_AND, LONG_XOR, SET, ENDS],
];

/** An escape that is no simple one, before the end: four hexadecimal digits, all of which must be there. */
const LONG_ESCAPES: readonly number[] = [
  ...[GET, ESCAPED, GET, ENDS, ...longConstant(1), LONG_SUBTRACT, GET, ENDS, GET, ENDS],
  ...[...longConstant(1), LONG_SUBTRACT, LONG_AND, LONG_XOR, LONG_AND],
  ...[...inBits(notSimple), LONG_AND, TEE, ESCAPED, LONG_IS_ZERO, IS_ZERO, ...IF],
  ...[GET, AT, GET, ESCAPED, LONG_TRAILING_ZEROS, FROM_LONG, ADD, ...constant(1), SUBTRACT, SET, AT],
  ...[GET, AT, ...loadByte(TEXT + 1), ...constant(UNICODE_ESCAPE), NOT_EQUAL, BRANCH_IF, 3],
  ...[...isHexAt(2), ...isHexAt(3), AND, ...isHexAt(4), AND, ...isHexAt(5), AND, IS_ZERO, BRANCH_IF, 3],
  ...[...longConstant(0), SET, CARRY, ...goOn(6), BRANCH, 2, END],
];

/**
 * Where a string ends: what it is asked and says is that of {@link afterLongString}. What it asks of 64 bytes becomes a bit for each,
 * and which of them an escape takes is a sum of such bits: lines of text have several escapes, and a branch for each of them
 * costs more than all the rest.
 */
export const STRING_BODY: readonly number[] = [
  // Variables: five long numbers, and ten vectors.
  ...[2, 5, 0x7e, 10, 0x7b],
  ...[...setAll(ALL_QUOTES, QUOTE), ...setAll(ALL_BACKSLASHES, BACKSLASH), ...setAll(ALL_SPACES, SPACE)],
  ...[...setAll(LOW_HALVES, 0x0f), ...VECTOR_CONST, ...CLASSES.low, SET, LOW_CLASSES],
  ...[...VECTOR_CONST, ...CLASSES.high, SET, HIGH_CLASSES],
  ...BLOCK,
  ...LOOP,
  ...VECTORS.flatMap((index) => [
    ...[GET, AT, ...LOAD_VECTOR, ...unsigned(TEXT + 16 * index), SET, FIRST_VECTOR + index],
  ]),
  ...inBits((vector) => [GET, vector, GET, ALL_BACKSLASHES, ...EQUAL_BYTES]),
  ...[SET, BACKSLASHES],
  // Quotation marks and control characters.
  ...inBits((vector) => [
    ...[GET, vector, GET, ALL_QUOTES, ...EQUAL_BYTES],
    ...[GET, vector, GET, ALL_SPACES, ...BELOW_BYTES, ...OR_VECTORS],
  ]),
  ...[SET, ENDS],
  ...[GET, BACKSLASHES, GET, CARRY, LONG_OR, LONG_IS_ZERO, IS_ZERO, ...IF],
  ...FIND_ESCAPED,
  ...LONG_ESCAPES,
  END,
  ...[GET, ENDS, LONG_IS_ZERO, ...IF, ...goOn(BLOCK_BYTES), BRANCH, 1, END],
  ...[GET, AT, GET, ENDS, LONG_TRAILING_ZEROS, FROM_LONG, ADD, SET, AT],
  // Behind the text it is over: at its end, or one before it where that is a backslash.
  ...[GET, AT, GET, STOP, NOT_BELOW, ...IF],
  ...[GET, STOP, GET, STOP, ...constant(1), SUBTRACT, GET, AT, GET, STOP, EQUAL, SELECT, SET, AT],
  ...[BRANCH, 2, END],
  ...[GET, AT, ...loadByte(TEXT), ...constant(QUOTE), NOT_EQUAL, BRANCH_IF, 1],
  ...[GET, AT, ...constant(1), ADD, RETURN],
  ...[END, END],
  ...[GET, AT, CONST, 0x7f, XOR, END],
];
