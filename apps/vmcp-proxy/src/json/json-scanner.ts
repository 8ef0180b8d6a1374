import { OPEN_ARRAY, OPEN_OBJECT } from './json-grammar.js';
import { JsonReader } from './json-reader.js';

/** A piece of the scanned text, in bytes from its beginning. */
export interface Span {
  readonly start: number;
  /** The first byte behind it. */
  readonly end: number;
}

export interface ValueSpan extends Span {
  readonly firstByte: number;
}

/** A member that was asked for; the span is that of its value. */
export interface FoundMember extends ValueSpan {
  /** As a parser reads it: escapes are resolved. */
  readonly name: string;
  /** The member of the root that it is in; absent for the root's own. */
  readonly within: string | undefined;
  /** Of its name, with the quotation mark. */
  readonly nameStart: number;
}

/** Names of members to find, in ASCII: of a root that is an object, and of objects that are such members. */
export interface Wanted {
  readonly root: ReadonlySet<string>;
  readonly within: ReadonlyMap<string, ReadonlySet<string>>;
}

/** A member that stands more often than this, or a longer array of messages, is meant to confuse or to exhaust. */
const MAX_FOUND = 128;
/** A longer name is none that anybody asks for; an escape has six bytes. */
const MAX_NAME_BYTES = 384;

const NOTHING = Buffer.alloc(0);

interface Pending {
  readonly name: string;
  readonly nameStart: number;
  start: number;
  firstByte: number;
}

const foundMember = (
  { name, nameStart, start, firstByte }: Pending,
  end: number,
  within: string | undefined,
): FoundMember => ({ name, nameStart, start, firstByte, end, within });

/**
 * Finds members of a JSON text by name while it comes in pieces, cut anywhere, and checks the text on the way (see
 * {@link JsonReader}). Duplicates are all found, in their order: parsers take the last one.
 */
export class JsonScanner {
  readonly found: FoundMember[] = [];
  /** Of a root that is an array. */
  readonly elements: ValueSpan[] = [];
  root: 'object' | 'array' | 'scalar' | undefined;
  readonly #reader: JsonReader;
  #overfull = false;
  #piece: Buffer = NOTHING;
  /** Where the piece begins. */
  #before = 0;
  /** A name that is being read, and what of it was in earlier pieces, a character for each byte: wanted names are ASCII. */
  #nameStart = -1;
  #nameBegun = '';
  /** The wanted member of the root whose value is next or under way, and the one within its value. */
  #outer: Pending | undefined;
  #inner: Pending | undefined;
  /** What is wanted of the object that is the outer one's value. */
  #wantedWithin: ReadonlySet<string> | undefined;
  /** Of a root that is an array. */
  #element = { start: 0, firstByte: 0 };

  constructor(
    private readonly wanted: Wanted,
    /** Found members, or elements of an array; with more the text is broken. */
    private readonly most = MAX_FOUND,
  ) {
    const listener = {
      valueBegins: (depth: number, offset: number, firstByte: number) =>
        this.#valueBegins(depth, offset, firstByte),
      valueEnds: (depth: number, offset: number) => this.#valueEnds(depth, offset),
      nameBegins: (depth: number, offset: number) => this.#nameBegins(depth, offset),
      nameEnds: (depth: number, offset: number) => this.#nameEnds(depth, offset),
    };
    this.#reader = new JsonReader(listener, wanted.within.size === 0 ? 1 : 2);
  }

  /** Nothing that follows can make it a text that is accepted here. */
  get broken(): boolean {
    return this.#overfull || this.#reader.broken;
  }

  push(piece: Buffer): void {
    this.#piece = piece;
    this.#reader.push(piece);
    if (this.#nameStart >= 0) this.#nameBegun += this.#namePart(this.#before + piece.length);
    this.#before += piece.length;
  }

  /** There will be no more. @returns whether it was a whole JSON text. */
  end(): boolean {
    return this.#reader.end() && !this.#overfull;
  }

  /** The last member of that name, which is the one that counts. */
  last(name: string, within?: string): FoundMember | undefined {
    for (let at = this.found.length - 1; at >= 0; at -= 1) {
      const member = this.found[at];
      if (member?.name === name && member.within === within) return member;
    }
    return undefined;
  }

  #valueBegins(depth: number, offset: number, firstByte: number): void {
    if (depth === 0) {
      this.root = firstByte === OPEN_OBJECT ? 'object' : firstByte === OPEN_ARRAY ? 'array' : 'scalar';
      return;
    }
    if (this.root === 'array' && depth === 1) this.#element = { start: offset, firstByte };
    const pending = depth === 1 ? this.#outer : this.#inner;
    if (pending === undefined) return;
    pending.start = offset;
    pending.firstByte = firstByte;
    if (depth === 1 && firstByte === OPEN_OBJECT) this.#wantedWithin = this.wanted.within.get(pending.name);
  }

  #valueEnds(depth: number, offset: number): void {
    if (depth === 1 && this.root === 'array') this.#keep(this.elements, { ...this.#element, end: offset });
    if (depth === 1) {
      if (this.#outer !== undefined) this.#keep(this.found, foundMember(this.#outer, offset, undefined));
      this.#outer = undefined;
      this.#wantedWithin = undefined;
    } else if (depth === 2 && this.#inner !== undefined) {
      this.#keep(this.found, foundMember(this.#inner, offset, this.#outer?.name));
      this.#inner = undefined;
    }
  }

  #keep<Item>(list: Item[], item: Item): void {
    if (list.length < this.most) list.push(item);
    else this.#overfull = true;
  }

  #nameBegins(depth: number, offset: number): void {
    if (depth === 1 || this.#wantedWithin !== undefined) this.#nameStart = offset;
  }

  #nameEnds(depth: number, offset: number): void {
    if (this.#nameStart < 0) return;
    const nameStart = this.#nameStart;
    const name = this.#nameText(offset);
    this.#nameStart = -1;
    this.#nameBegun = '';
    const wanted = depth === 1 ? this.wanted.root : this.#wantedWithin;
    if (name === undefined || wanted?.has(name) !== true) return;
    const pending = { name, nameStart, start: 0, firstByte: 0 };
    if (depth === 1) this.#outer = pending;
    else this.#inner = pending;
  }

  /** What of the name that is being read is in this piece. */
  #namePart(end: number): string {
    const from = Math.max(this.#nameStart - this.#before, 0);
    // One byte too many is kept of a long name, so that it is seen to be long.
    const most = from + MAX_NAME_BYTES + 1 - this.#nameBegun.length;
    return this.#piece.toString('latin1', from, Math.min(end - this.#before, most));
  }

  #nameText(end: number): string | undefined {
    const text = this.#nameBegun + this.#namePart(end);
    if (text.length > MAX_NAME_BYTES) return undefined;
    // Escapes are complete: the reader has seen them.
    return text.includes('\\') ? String(JSON.parse(text)) : text.slice(1, -1);
  }
}
