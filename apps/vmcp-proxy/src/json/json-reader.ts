import * as grammar from './json-grammar.js';
import type { JsonListener } from './json-listener.js';
import { afterPlain, afterScalar, afterSpaces, afterString, NO_TOKEN } from './json-tokens.js';
import * as long from './long-strings.js';

export { MAX_JSON_DEPTH } from './long-strings.js';

// Constants of this file: imported ones would be looked up for each byte.
const { CLOSE_ARRAY, CLOSE_OBJECT, COLON, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE, SPACE } = grammar;
const { BACKSLASH, UNICODE_ESCAPE } = grammar;
const NONE = NO_TOKEN;
const { MAX_JSON_DEPTH: MAX_DEPTH, WINDOW_BYTES } = long;

/** In fewer bytes it costs more to look for long strings than it saves. */
const LONG_BYTES = 512;

/** What may come next. */
const VALUE = long.STATES.value;
const VALUE_OR_END = long.STATES.valueOrEnd;
const NAME_OR_END = long.STATES.nameOrEnd;
const NAME = long.STATES.name;
const AFTER_NAME = 4;
const AFTER_VALUE = long.STATES.afterValue;
const LITERAL = 6;
const ESCAPE = 7;
const HEX = 8;
const NUMBER = 9;
const STRING = 10;
const BROKEN = 11;

/**
 * Checks JSON text (RFC 8259) that comes in pieces, cut anywhere. No value is made of it and nothing of it is kept, so time
 * is in proportion to its length and memory is not. What is inside of strings is not decoded: whether it is UTF-8 is to
 * be checked apart.
 */
export class JsonReader {
  #next = VALUE;
  /** Bytes of earlier pieces. */
  #before = 0;
  #depth = 0;
  /** By depth: the byte that ends the object or array. */
  readonly #closers: number[] = [0];
  #tooDeep = false;
  #isName = false;
  #number = 0;
  #literal = '';
  /** How much of the literal, or of the digits of an escape, has come. */
  #come = 0;

  constructor(
    private readonly listener: JsonListener,
    /** The listener hears of values with so many around them, and no more. */
    private readonly deepest: number,
  ) {}

  /** It is broken for its depth alone. */
  get tooDeep(): boolean {
    return this.#tooDeep;
  }

  /** Nothing that follows can make it JSON. */
  get broken(): boolean {
    return this.#next === BROKEN;
  }

  /** What was pushed is a whole JSON text, and there will be no more. @returns whether it is. */
  end(): boolean {
    if (this.#next === NUMBER && grammar.mayEndNumber(this.#number)) this.#valueEnds(this.#before);
    return this.#next === AFTER_VALUE && this.#depth === 0;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length < LONG_BYTES) {
      this.#read(bytes, false);
      return;
    }
    for (let from = 0; from < bytes.length; from += WINDOW_BYTES)
      this.#read(bytes.length <= WINDOW_BYTES ? bytes : bytes.subarray(from, from + WINDOW_BYTES), true);
    long.forgetLongStrings();
  }

  /** @param isLong long strings may be in it. */
  #read(bytes: Uint8Array, isLong: boolean): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#next === STRING) at = this.#string(bytes, at, isLong);
      else if (this.#next === NUMBER) at = this.#numberGoesOn(bytes, at);
      else if (this.#next === BROKEN) return;
      else {
        // Between tokens, where white space may be.
        if (this.#next <= AFTER_VALUE) at = this.#wholeTokens(bytes, at, isLong);
        if (at === bytes.length) break;
        this.#take(bytes[at] ?? 0, this.#before + at);
        at += 1;
      }
    }
    this.#before += bytes.length;
  }

  /**
   * Most of a text: tokens that are here as a whole, one after the other, without a state for each byte. Where one is
   * cut off or broken it stops, and the rest of this class looks closer.
   * @returns where it stopped.
   */
  #wholeTokens(bytes: Uint8Array, from: number, isLong: boolean): number {
    const { listener, deepest } = this;
    const closers = this.#closers;
    const before = this.#before;
    let next = this.#next;
    let depth = this.#depth;
    let at = from;
    for (;;) {
      if (isLong && depth > deepest && (next === VALUE || next === NAME || next === AFTER_VALUE)) {
        at = long.afterDeepTokens(bytes, at, { next, depth, closers }, deepest);
        ({ next, depth } = long.stoppedAt);
      }
      let byte = bytes[at] ?? 0;
      if (byte <= SPACE) {
        at = afterSpaces(bytes, at);
        byte = bytes[at] ?? 0;
      }
      if (next === AFTER_VALUE) {
        if (depth === 0) break;
        if (byte === COMMA) next = closers[depth] === CLOSE_OBJECT ? NAME : VALUE;
        else if (byte === closers[depth]) {
          depth -= 1;
          if (depth <= deepest) listener.valueEnds(depth, before + at + 1);
        } else break;
        at += 1;
      } else if (next === NAME) {
        const end = byte === QUOTE ? afterString(bytes, at, isLong) : NONE;
        const colon = end === NONE ? NONE : afterSpaces(bytes, end);
        if (colon === NONE || bytes[colon] !== COLON) break;
        if (depth <= deepest) {
          listener.nameBegins(depth, before + at);
          listener.nameEnds(depth, before + end);
        }
        next = VALUE;
        at = colon + 1;
      } else if (next === VALUE && (byte === OPEN_OBJECT || byte === OPEN_ARRAY) && depth < MAX_DEPTH) {
        if (depth <= deepest) listener.valueBegins(depth, before + at, byte);
        depth += 1;
        closers[depth] = byte + 2;
        at = afterSpaces(bytes, at + 1);
        const first = bytes[at];
        if (first === undefined) next = byte === OPEN_OBJECT ? NAME_OR_END : VALUE_OR_END;
        else if (first === closers[depth]) next = AFTER_VALUE;
        else if (byte === OPEN_OBJECT) next = NAME;
      } else {
        const end = next === VALUE ? afterScalar(bytes, at, byte, isLong) : NONE;
        if (end === NONE) break;
        if (depth <= deepest) {
          listener.valueBegins(depth, before + at, byte);
          listener.valueEnds(depth, before + end);
        }
        next = AFTER_VALUE;
        at = end;
      }
    }
    this.#next = next;
    this.#depth = depth;
    return at;
  }

  /** @returns where to go on. */
  #string(bytes: Uint8Array, from: number, isLong: boolean): number {
    const end = isLong ? long.afterLongString(bytes, from) : ~afterPlain(bytes, from);
    if (end >= 0) {
      this.#stringEnds(this.#before + end);
      return end;
    }
    const at = ~end;
    if (at === bytes.length) return at;
    const byte = bytes[at];
    if (byte === QUOTE) this.#stringEnds(this.#before + at + 1);
    else this.#next = byte === BACKSLASH ? ESCAPE : BROKEN;
    return at + 1;
  }

  #stringEnds(offset: number): void {
    if (!this.#isName) this.#valueEnds(offset);
    else {
      this.#next = AFTER_NAME;
      if (this.#depth <= this.deepest) this.listener.nameEnds(this.#depth, offset);
    }
  }

  #numberGoesOn(bytes: Uint8Array, from: number): number {
    for (let at = from; at < bytes.length; at += 1) {
      const state = grammar.continueNumber(this.#number, bytes[at] ?? 0);
      if (state === undefined) {
        // What ended it is looked at again, as what comes after a value.
        if (grammar.mayEndNumber(this.#number)) this.#valueEnds(this.#before + at);
        else this.#next = BROKEN;
        return at;
      }
      this.#number = state;
    }
    return bytes.length;
  }

  #take(byte: number, offset: number): void {
    switch (this.#next) {
      case LITERAL:
        this.#literalGoesOn(byte, offset);
        return;
      case ESCAPE:
        this.#come = 0;
        this.#next = byte === UNICODE_ESCAPE ? HEX : grammar.isSimpleEscape(byte) ? STRING : BROKEN;
        return;
      case HEX:
        this.#come += 1;
        if (!grammar.isHexDigit(byte)) this.#next = BROKEN;
        else if (this.#come === 4) this.#next = STRING;
        return;
      default:
        if (!grammar.isSpace(byte)) this.#structure(byte, offset);
    }
  }

  #literalGoesOn(byte: number, offset: number): void {
    const isRight = byte === this.#literal.charCodeAt(this.#come);
    this.#come += 1;
    if (!isRight) this.#next = BROKEN;
    else if (this.#come === this.#literal.length) this.#valueEnds(offset + 1);
  }

  #structure(byte: number, offset: number): void {
    switch (this.#next) {
      case VALUE_OR_END:
        if (byte === CLOSE_ARRAY) this.#close(offset);
        else this.#valueBegins(byte, offset);
        return;
      case VALUE:
        this.#valueBegins(byte, offset);
        return;
      case NAME_OR_END:
        if (byte === CLOSE_OBJECT) this.#close(offset);
        else this.#nameBegins(byte, offset);
        return;
      case NAME:
        this.#nameBegins(byte, offset);
        return;
      case AFTER_NAME:
        this.#next = byte === COLON ? VALUE : BROKEN;
        return;
      default:
        this.#afterValue(byte, offset);
    }
  }

  #afterValue(byte: number, offset: number): void {
    const closer = this.#closers[this.#depth];
    if (this.#depth === 0) this.#next = BROKEN;
    else if (byte === COMMA) this.#next = closer === CLOSE_OBJECT ? NAME : VALUE;
    else if (byte === closer) this.#close(offset);
    else this.#next = BROKEN;
  }

  #nameBegins(byte: number, offset: number): void {
    if (byte !== QUOTE) {
      this.#next = BROKEN;
      return;
    }
    this.#isName = true;
    this.#next = STRING;
    if (this.#depth <= this.deepest) this.listener.nameBegins(this.#depth, offset);
  }

  #valueBegins(byte: number, offset: number): void {
    if (this.#depth <= this.deepest) this.listener.valueBegins(this.#depth, offset, byte);
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      this.#open(byte === OPEN_OBJECT);
      return;
    }
    this.#isName = false;
    if (byte === QUOTE) {
      this.#next = STRING;
      return;
    }
    const number = grammar.beginNumber(byte);
    const literal = grammar.LITERALS.get(byte);
    if (number !== undefined) {
      this.#number = number;
      this.#next = NUMBER;
    } else if (literal !== undefined) {
      this.#literal = literal;
      this.#come = 0;
      this.#next = LITERAL;
    } else this.#next = BROKEN;
  }

  #open(isObject: boolean): void {
    if (this.#depth === MAX_DEPTH) {
      this.#tooDeep = true;
      this.#next = BROKEN;
      return;
    }
    this.#depth += 1;
    this.#closers[this.#depth] = isObject ? CLOSE_OBJECT : CLOSE_ARRAY;
    this.#next = isObject ? NAME_OR_END : VALUE_OR_END;
  }

  #close(offset: number): void {
    this.#depth -= 1;
    this.#valueEnds(offset + 1);
  }

  #valueEnds(offset: number): void {
    this.#next = AFTER_VALUE;
    if (this.#depth <= this.deepest) this.listener.valueEnds(this.#depth, offset);
  }
}
