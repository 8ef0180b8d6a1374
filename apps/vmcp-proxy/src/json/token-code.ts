import * as grammar from './json-grammar.js';
import {
  CLASSES_OF_BYTES,
  CLOSERS,
  DEPTH_PLACE,
  DIGIT,
  NEXT_PLACE,
  TEXT,
  WHITE_SPACE,
} from './text-memory.js';
import {
  ADD,
  AND,
  BELOW_BYTES,
  BELOW_SIGNED,
  BIT_MASK,
  BLOCK,
  BRANCH,
  BRANCH_IF,
  CALL,
  constant,
  ELSE,
  END,
  EQUAL,
  EQUAL_BYTES,
  GET,
  IF,
  IS_ZERO,
  LOAD,
  LOAD_BYTE,
  LOAD_VECTOR,
  LOOP,
  NOT_BELOW,
  NOT_EQUAL,
  OR,
  OR_VECTORS,
  RETURN,
  SELECT,
  SET,
  splat,
  STORE,
  STORE_BYTE,
  SUBTRACT,
  TEE,
  TRAILING_ZEROS,
  unsigned,
} from './wasm.js';

/*
 * Whole tokens of JSON text, one after the other, as `json-tokens.ts` and the reader know them. What is deep in a message nobody looks
 * into: it is only checked.
 */

/** What may come next: the same numbers as the reader's. */
export interface ReaderStates {
  readonly value: number;
  readonly valueOrEnd: number;
  readonly nameOrEnd: number;
  readonly name: number;
  readonly afterValue: number;
}

const { BACKSLASH, CLOSE_OBJECT, COLON, COMMA, OPEN_OBJECT, QUOTE, SPACE } = grammar;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const SMALL_E = 0x65;
const SMALL_F = 0x66;
/** Letters, and brackets and braces, differ in it. */
const CASE = 0x20;

/** Four characters as the number that is read where they are. */
const word = (text: string): number => Buffer.from(text, 'latin1').readInt32LE();

// Parameters and variables of both functions.
const AT = 0;
const STOP = 1;
/** Of the first function. */
const BITS = 2;
/** Of the second one. */
const NEXT = 2;
const DEPTH = 3;
/** What ends at this depth is the reader's. */
const FLOOR = 4;
const BYTE = 5;
const TO = 6;

const byteAt = (at: number, from = 0): readonly number[] => [GET, at, ...LOAD_BYTE, ...unsigned(TEXT + from)];
const isOf = (kind: number): readonly number[] => [
  ...[...LOAD_BYTE, ...unsigned(CLASSES_OF_BYTES), ...constant(kind), AND],
];
const goOn = (at: number, by: number): readonly number[] => [GET, at, ...constant(by), ADD, SET, at];
const is = (value: number): readonly number[] => [...constant(value), EQUAL];
const isNot = (value: number): readonly number[] => [...constant(value), NOT_EQUAL];
const isNext = (state: number): readonly number[] => [GET, NEXT, ...is(state)];
const setNext = (state: number): readonly number[] => [...constant(state), SET, NEXT];
/** One of two, by the condition behind it. */
const either = (one: number, other: number): readonly number[] => [...constant(one), ...constant(other)];
const isOpenObject: readonly number[] = [GET, BYTE, ...is(OPEN_OBJECT)];
const closer: readonly number[] = [GET, DEPTH, ...LOAD_BYTE, ...unsigned(CLOSERS)];

/** As long as bytes are of the kind. */
const skip = (at: number, kind: number): readonly number[] => [
  ...LOOP,
  ...[...byteAt(at), ...isOf(kind), ...IF, ...goOn(at, 1), BRANCH, 1, END],
  END,
];

/**
 * Where a string ends that begins at most with sixteen plain bytes, else what the function for long ones says; -1 and less: here it does
 * not end.
 */
export const SHORT_STRING_BODY: readonly number[] = [
  ...[2, 1, 0x7f, 1, 0x7b],
  ...[GET, AT, ...LOAD_VECTOR, ...unsigned(TEXT), TEE, 3, ...splat(QUOTE), ...EQUAL_BYTES],
  ...[GET, 3, ...splat(BACKSLASH), ...EQUAL_BYTES, ...OR_VECTORS],
  ...[GET, 3, ...splat(SPACE), ...BELOW_BYTES, ...OR_VECTORS, ...BIT_MASK, TEE, BITS, ...IF],
  // The first of them is a quotation mark, and no padding.
  ...[GET, AT, GET, BITS, TRAILING_ZEROS, ADD, TEE, BITS],
  ...[...LOAD_BYTE, ...unsigned(TEXT), ...is(QUOTE), GET, BITS, GET, STOP, NOT_BELOW, IS_ZERO, AND, ...IF],
  ...[GET, BITS, ...constant(1), ADD, RETURN, END, END],
  ...[GET, AT, GET, STOP, CALL, 0, END],
];

/** The string at `AT`: stops at it where it does not end here. */
const stringTo = (depthOfStop: number): readonly number[] => [
  ...[GET, AT, ...constant(1), ADD, GET, STOP, CALL, 1, TEE, TO],
  ...[...constant(0), BELOW_SIGNED, BRANCH_IF, depthOfStop],
];

const digitsTo = (depthOfStop: number): readonly number[] => [
  ...[...byteAt(TO), ...isOf(DIGIT), IS_ZERO, BRANCH_IF, depthOfStop, ...skip(TO, DIGIT)],
];

/** A number at `AT`. One that the text ends with may go on. */
const numberTo = (depthOfStop: number): readonly number[] => [
  ...[GET, AT, GET, BYTE, ...is(MINUS), ADD, SET, TO],
  ...[...byteAt(TO), ...is(ZERO), ...IF, ...goOn(TO, 1), ELSE, ...digitsTo(depthOfStop + 1), END],
  ...[...byteAt(TO), ...is(POINT), ...IF, ...goOn(TO, 1), ...digitsTo(depthOfStop + 1), END],
  ...[...byteAt(TO), ...constant(CASE), OR, ...is(SMALL_E), ...IF, ...goOn(TO, 1)],
  ...[...byteAt(TO), ...is(PLUS), ...byteAt(TO), ...is(MINUS), OR, ...IF, ...goOn(TO, 1), END],
  ...[...digitsTo(depthOfStop + 1), END],
  ...[GET, TO, GET, STOP, NOT_BELOW, BRANCH_IF, depthOfStop, GET, TO, SET, AT],
];

const wordAt = (from: number, text: string): readonly number[] => [
  ...[GET, AT, ...LOAD, ...unsigned(TEXT + from), ...is(word(text))],
];

/** `true`, `false` or `null` at `AT`. What is behind the text is none of their letters. */
const literalTo = (depthOfStop: number): readonly number[] => [
  ...[...wordAt(0, 'true'), ...wordAt(0, 'null'), OR, ...IF, ...goOn(AT, 4), ELSE],
  ...[GET, BYTE, ...isNot(SMALL_F), BRANCH_IF, depthOfStop + 1],
  ...[...wordAt(1, 'alse'), IS_ZERO, BRANCH_IF, depthOfStop + 1, ...goOn(AT, 5), END],
];

/** After a value: a comma, or the end of what is around it. */
const AFTER_VALUE = (states: ReaderStates): readonly number[] => [
  ...[...isNext(states.afterValue), ...IF],
  ...[GET, BYTE, ...is(COMMA), ...IF, ...either(states.name, states.value), ...closer, ...is(CLOSE_OBJECT)],
  ...[SELECT, SET, NEXT, ...goOn(AT, 1), BRANCH, 2, END],
  ...[GET, BYTE, ...closer, NOT_EQUAL, BRANCH_IF, 2],
  ...[GET, DEPTH, ...constant(1), SUBTRACT, GET, FLOOR, EQUAL, BRANCH_IF, 2],
  ...[GET, DEPTH, ...constant(1), SUBTRACT, SET, DEPTH, ...goOn(AT, 1), BRANCH, 1, END],
];

const NAME = (states: ReaderStates): readonly number[] => [
  ...[...isNext(states.name), ...IF, GET, BYTE, ...isNot(QUOTE), BRANCH_IF, 2, ...stringTo(2)],
  ...[...skip(TO, WHITE_SPACE), ...byteAt(TO), ...isNot(COLON), BRANCH_IF, 2],
  ...[GET, TO, ...constant(1), ADD, SET, AT, ...setNext(states.value), BRANCH, 1, END],
];

const OPENING = (states: ReaderStates, maxDepth: number): readonly number[] => [
  ...[GET, BYTE, ...constant(CASE), OR, ...is(OPEN_OBJECT), ...IF],
  ...[GET, DEPTH, ...constant(maxDepth), NOT_BELOW, BRANCH_IF, 2],
  ...[GET, DEPTH, ...constant(1), ADD, TEE, DEPTH, GET, BYTE, ...constant(2), ADD],
  ...[...STORE_BYTE, ...unsigned(CLOSERS), ...goOn(AT, 1), ...skip(AT, WHITE_SPACE)],
  ...[GET, AT, GET, STOP, NOT_BELOW, ...IF, ...either(states.nameOrEnd, states.valueOrEnd)],
  ...[...isOpenObject, SELECT, SET, NEXT, BRANCH, 3, END],
  ...[...either(states.name, states.value), ...isOpenObject, SELECT, SET, NEXT],
  ...[...byteAt(AT), ...closer, EQUAL, ...IF, ...setNext(states.afterValue), END, BRANCH, 1, END],
];

/** @param maxDepth what would be deeper is the reader's. */
export const tokensBody = (states: ReaderStates, maxDepth: number): readonly number[] => [
  ...[1, 2, 0x7f],
  ...BLOCK,
  ...LOOP,
  ...[...skip(AT, WHITE_SPACE), GET, AT, GET, STOP, NOT_BELOW, BRANCH_IF, 1],
  ...[...byteAt(AT), SET, BYTE],
  ...AFTER_VALUE(states),
  ...NAME(states),
  ...[GET, BYTE, ...is(QUOTE), ...IF],
  ...[...stringTo(2), GET, TO, SET, AT, ...setNext(states.afterValue), BRANCH, 1, END],
  ...OPENING(states, maxDepth),
  ...[GET, BYTE, ...isOf(DIGIT), GET, BYTE, ...is(MINUS), OR, ...IF, ...numberTo(2), ELSE],
  ...[...literalTo(2), END, ...setNext(states.afterValue), BRANCH, 0],
  ...[END, END],
  ...[...constant(0), GET, NEXT, ...STORE, ...unsigned(NEXT_PLACE)],
  ...[...constant(0), GET, DEPTH, ...STORE, ...unsigned(DEPTH_PLACE), GET, AT, END],
];
