import { writtenNumber } from './faithful-json.js';
import { OPEN_ARRAY, OPEN_OBJECT, QUOTE } from './json-grammar.js';
import type { JsonListener } from './json-listener.js';
import { JsonReader } from './json-reader.js';
import { JsonSource, SHORT_BYTES } from './json-source.js';
import { beginsNumber } from './json-tokens.js';
import { RefusedJson } from './refused-json.js';

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'literal';

/** A JSON value that can be looked into, and is written as it came. */
export interface Json {
  readonly kind: JsonKind;
  /** Of its text, as it is written. */
  readonly byteLength: number;
  /** The value, if it is a string. @throws {RefusedJson} */
  text(): string | undefined;
  /** The members, if it is an object. @throws {RefusedJson} when it is ambiguous, or more than anybody reads. */
  object(): RawObject | undefined;
  /** The value itself, numbers as {@link writtenNumber} gives them. @throws {RefusedJson} when it is more than anybody reads. */
  value(): unknown;
  /** Adds its JSON text to what will be joined. */
  writeTo(pieces: JsonPieces): void;
}

export type JsonPieces = (string | Buffer)[];

/** Building the values of more than this would take too long. */
const MAX_VALUE_BYTES = 16_384;
/** Looked into member by member, without its values. */
const MAX_OBJECT_BYTES = 262_144;
/** In one object or list that is looked into. */
const MAX_INSIDE = 1_000;
/** How deep members are noted while a text is scanned: of a message, those of its parameters and what those hold. */
const READ_AHEAD_DEPTH = 3;
/** In a long text, what parameters hold is scanned again where somebody looks into it. */
const READ_AHEAD_DEPTH_LONG = 2;

/** A stretch of bytes that is known to be one JSON value, and where its name stands, if it has one. */
export class RawJson implements Json {
  #end = 0;
  #object: RawObject | undefined;
  /** What it holds, where that was noted when the whole was scanned. */
  #inside: RawJson[] | undefined;

  constructor(
    private readonly source: JsonSource,
    readonly kind: JsonKind,
    private readonly start: number,
    private readonly nameStart = 0,
    private readonly nameEnd = 0,
  ) {}

  /** One whole text. @throws {RefusedJson} */
  static read(bytes: Buffer): RawJson {
    const reading = new JsonReading(bytes);
    reading.advance(bytes.length);
    return reading.result();
  }

  get byteLength(): number {
    return this.#end - this.start;
  }

  /** Of the member of an object. */
  get name(): string {
    return this.source.string(this.nameStart, this.nameEnd);
  }

  text(): string | undefined {
    if (this.kind !== 'string') return undefined;
    if (this.byteLength > MAX_VALUE_BYTES) throw new RefusedJson('too_large');
    const text = this.source.string(this.start, this.#end);
    // Parsers make different things of half a surrogate pair (RFC 8259, section 8.2).
    if (!text.isWellFormed()) throw new RefusedJson('not_unicode');
    return text;
  }

  object(): RawObject | undefined {
    if (this.kind !== 'object') return undefined;
    this.#object ??= RawObject.of(this.#lookInside());
    return this.#object;
  }

  /** The elements, if it is an array. @throws {RefusedJson} */
  elements(): readonly RawJson[] | undefined {
    return this.kind === 'array' ? this.#lookInside() : undefined;
  }

  value(): unknown {
    if (this.kind === 'string') return this.text();
    if (this.byteLength > MAX_VALUE_BYTES) throw new RefusedJson('too_large');
    const text = this.source.text(this.start, this.#end);
    return this.kind === 'number' ? writtenNumber(text) : (JSON.parse(text) as unknown);
  }

  writeTo(pieces: JsonPieces): void {
    pieces.push(this.source.piece(this.start, this.#end));
  }

  /** For a scanner. */
  note(inside: RawJson): void {
    const noted = (this.#inside ??= []);
    // One more than allowed tells the caller that there are too many.
    if (noted.length <= MAX_INSIDE) noted.push(inside);
  }

  endAt(end: number, isNoted: boolean): void {
    this.#end = end;
    if (isNoted) this.#inside ??= [];
  }

  #lookInside(): readonly RawJson[] {
    if (this.#inside !== undefined && this.#inside.length > MAX_INSIDE) throw new RefusedJson('too_many');
    if (this.#inside !== undefined) return this.#inside;
    if (this.byteLength > MAX_OBJECT_BYTES) throw new RefusedJson('too_large');
    return RawJson.read(this.source.bytes.subarray(this.start, this.#end)).#lookInside();
  }
}

/** Reads one JSON text, in as many steps as one likes: nothing else can run during a step. */
export class JsonReading implements JsonListener {
  readonly #source: JsonSource;
  readonly #reader: JsonReader;
  readonly #depth: number;
  readonly #open: RawJson[] = [];
  #root: RawJson | undefined;
  #read = 0;
  #nameStart = 0;
  #nameEnd = 0;

  constructor(bytes: Buffer) {
    this.#source = new JsonSource(bytes);
    this.#depth = bytes.length <= SHORT_BYTES ? READ_AHEAD_DEPTH : READ_AHEAD_DEPTH_LONG;
    this.#reader = new JsonReader(this, this.#depth);
  }

  /** Goes on for so many bytes. @returns whether there is more to do. @throws {RefusedJson} */
  advance(byteCount: number): boolean {
    const { bytes } = this.#source;
    const from = this.#read;
    this.#read = Math.min(from + byteCount, bytes.length);
    const isWhole = from === 0 && this.#read === bytes.length;
    this.#reader.push(isWhole ? bytes : bytes.subarray(from, this.#read));
    if (this.#reader.broken) throw new RefusedJson(this.#reader.tooDeep ? 'too_deep' : 'invalid');
    return this.#read < bytes.length;
  }

  /** When there is no more to do. @throws {RefusedJson} */
  result(): RawJson {
    if (!this.#reader.end() || this.#root === undefined || !this.#source.isUtf8)
      throw new RefusedJson('invalid');
    return this.#root;
  }

  nameBegins(_depth: number, offset: number): void {
    this.#nameStart = offset;
  }

  nameEnds(_depth: number, offset: number): void {
    this.#nameEnd = offset;
  }

  valueBegins(depth: number, offset: number, firstByte: number): void {
    const value = new RawJson(this.#source, kindOf(firstByte), offset, this.#nameStart, this.#nameEnd);
    if (depth === 0) this.#root = value;
    else this.#open[depth - 1]?.note(value);
    this.#open[depth] = value;
  }

  valueEnds(depth: number, offset: number): void {
    this.#open[depth]?.endAt(offset, depth < this.#depth);
  }
}

function kindOf(firstByte: number): JsonKind {
  if (firstByte === OPEN_OBJECT) return 'object';
  if (firstByte === OPEN_ARRAY) return 'array';
  if (firstByte === QUOTE) return 'string';
  return beginsNumber(firstByte) ? 'number' : 'literal';
}

/** An object whose members are written as they came, in their order, under the names that were read. */
export class RawObject implements Json {
  readonly kind = 'object';
  static readonly EMPTY = new RawObject(new Map(), new Set());

  private constructor(
    private readonly members: ReadonlyMap<string, Json>,
    /** {@link inAnyCase} of all names, and perhaps of others; `undefined`: nobody knows. */
    private readonly known: ReadonlySet<string> | undefined,
  ) {}

  /**
   * No two names may be the same, or differ only in case: of two members of one name each parser takes another one, and
   * some take a name in any case. What we checked would not be what the other side does.
   * @throws {RefusedJson}
   */
  static of(inside: readonly RawJson[]): RawObject {
    const members = new Map<string, Json>();
    const names = new Set<string>();
    for (const member of inside) {
      const { name } = member;
      names.add(inAnyCase(name));
      members.set(name, member);
    }
    if (names.size < inside.length) throw new RefusedJson('ambiguous');
    return new RawObject(members, names);
  }

  /** @param name as {@link inAnyCase} gives it. @returns false where no member has the name, however it is spelled. */
  mayHave(name: string): boolean {
    return this.known?.has(name) !== false;
  }

  get names(): readonly string[] {
    return [...this.members.keys()];
  }

  get(name: string): Json | undefined {
    return this.members.get(name);
  }

  has(name: string): boolean {
    return this.members.has(name);
  }

  with(name: string, value: Json): RawObject {
    const known = this.members.has(name) ? this.known : undefined;
    return new RawObject(new Map(this.members).set(name, value), known);
  }

  without(...names: readonly string[]): RawObject {
    return new RawObject(new Map([...this.members].filter(([name]) => !names.includes(name))), this.known);
  }

  get byteLength(): number {
    return Buffer.byteLength(joinJson(this));
  }

  text(): undefined {
    return undefined;
  }

  object(): this {
    return this;
  }

  value(): unknown {
    return RawJson.read(Buffer.from(joinJson(this))).value();
  }

  writeTo(pieces: JsonPieces): void {
    let before = '{';
    for (const [name, value] of this.members) {
      pieces.push(`${before}${JSON.stringify(name)}:`);
      value.writeTo(pieces);
      before = ',';
    }
    pieces.push(this.members.size === 0 ? '{}' : '}');
  }
}

const PLAIN = /^[\x20-\x7e]*$/;

/** Also of what only looks like a letter of ours: the Kelvin sign, the long s (Unicode's simple case folding). */
export function inAnyCase(name: string): string {
  const lower = name.toLowerCase();
  return PLAIN.test(lower) ? lower : lower.toUpperCase().toLowerCase();
}

/** A value of ours. */
export class OwnJson implements Json {
  readonly #written: string;

  constructor(private readonly given: unknown) {
    this.#written = JSON.stringify(given);
  }

  get kind(): JsonKind {
    return kindOf(this.#written.charCodeAt(0));
  }

  get byteLength(): number {
    return Buffer.byteLength(this.#written);
  }

  text(): string | undefined {
    return typeof this.given === 'string' ? this.given : undefined;
  }

  object(): RawObject | undefined {
    return RawJson.read(Buffer.from(this.#written)).object();
  }

  value(): unknown {
    return this.given;
  }

  writeTo(pieces: JsonPieces): void {
    pieces.push(this.#written);
  }
}

/** What the pieces say, one after the other: bytes where some piece is. */
export function joinPieces(pieces: Readonly<JsonPieces>): string | Buffer {
  if (pieces.every((piece) => typeof piece === 'string')) return pieces.join('');
  return Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
}

export function joinJson(json: Json): string | Buffer {
  const pieces: JsonPieces = [];
  json.writeTo(pieces);
  return joinPieces(pieces);
}
