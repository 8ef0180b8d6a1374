import { STRING_BODY } from './string-code.js';
import { CLOSERS, fillClasses, NEXT_PLACE, PADDING, TEXT, WINDOW_BYTES } from './text-memory.js';
import { SHORT_STRING_BODY, tokensBody, type ReaderStates } from './token-code.js';
import { QUOTE } from './json-grammar.js';
import { wasmModule } from './wasm.js';

/*
 * Large messages are made of long strings, and of many small values that nobody looks into. A loop in JavaScript looks at one byte after
 * the other; the functions below look at many, with WebAssembly and its vector instructions. They know what `json-tokens.ts`
 * and the reader know, and no more; the specifications hold them against each other.
 */

/** What may come next in a text, as the reader counts. */
export const STATES: ReaderStates = { value: 0, valueOrEnd: 1, nameOrEnd: 2, name: 3, afterValue: 5 };

/** No honest text is nested so deeply, and many a parser would fall over it. */
export const MAX_JSON_DEPTH = 512;

interface Exports {
  readonly m: { readonly buffer: ArrayBuffer };
  readonly f: (at: number, stop: number) => number;
  readonly t: (at: number, stop: number, next: number, depth: number, floor: number) => number;
}

/** Every Node has it, and the types of none name it. */
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object) => { readonly exports: Exports };
  };
};
const MODULE = wasmModule([
  { takes: 2, body: STRING_BODY, exportedAs: 'f' },
  { takes: 2, body: SHORT_STRING_BODY },
  { takes: 5, body: tokensBody(STATES, MAX_JSON_DEPTH), exportedAs: 't' },
]);
const { m: memory, f: search, t: pass } = new WebAssembly.Instance(new WebAssembly.Module(MODULE)).exports;
const BYTES = new Uint8Array(memory.buffer);
/** What the last look said: what may come next, and the depth. */
const SAID = new Int32Array(memory.buffer, NEXT_PLACE, 2);
fillClasses(BYTES);

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

/** Where a text is, between two tokens of it. */
interface Place {
  /** One of {@link STATES}: a value, a name, or what comes after a value. */
  readonly next: number;
  readonly depth: number;
  /** By depth: the byte that ends the object or list; changed as they end and begin. */
  readonly closers: number[];
}

/**
 * Goes on over whole tokens that are deeper than the floor.
 * @param bytes as above.
 * @returns where it stopped: at what ends the last of them, or at what is cut off, or none. {@link stoppedAt} says what may come there.
 */
export function afterDeepTokens(bytes: Uint8Array, start: number, place: Place, floor: number): number {
  if (loaded !== bytes) load(bytes);
  const { next, depth, closers } = place;
  for (let at = floor + 1; at <= depth; at += 1) BYTES[CLOSERS + at] = closers[at] ?? 0;
  const end = pass(start, bytes.length, next, depth, floor);
  for (let at = floor + 1, last = stoppedAt.depth; at <= last; at += 1)
    closers[at] = BYTES[CLOSERS + at] ?? 0;
  return end;
}

/** Of the last look. */
export const stoppedAt = {
  get next(): number {
    return SAID[0] ?? 0;
  },
  get depth(): number {
    return SAID[1] ?? 0;
  },
};

/** To be called when a piece of a text has been read: the next one may be in the same memory. */
export function forgetLongStrings(): void {
  loaded = undefined;
}

function load(bytes: Uint8Array): void {
  BYTES.set(bytes, TEXT);
  BYTES.fill(QUOTE, TEXT + bytes.length, TEXT + bytes.length + PADDING);
  loaded = bytes;
}

export { WINDOW_BYTES };
