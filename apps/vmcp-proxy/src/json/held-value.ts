import { parseFaithfully } from './faithful-json.js';
import { HeldText } from './held-text.js';
import { OPEN_ARRAY, QUOTE } from './json-grammar.js';
import { JsonScanner, type FoundMember, type ValueSpan, type Wanted } from './json-scanner.js';

/** JSON text that is passed on: what is written here, and bytes as they came. */
export type Pieces = readonly (Buffer | string)[];

/** Up to here one write costs less than several. */
const WORTH_JOINING_BYTES = 65_536;

/** The same bytes, in one piece where that is worth it. */
export function joined(pieces: Pieces): readonly Buffer[] {
  const buffers = pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece));
  const length = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
  return length <= WORTH_JOINING_BYTES ? [Buffer.concat(buffers, length)] : buffers;
}

/**
 * The same bytes as a string in Latin-1, in which each byte is a character: a short text goes out faster so. `undefined`: there
 * are more than `mostBytes`.
 */
export function asLatin1(pieces: Pieces, mostBytes: number): string | undefined {
  let text = '';
  for (const piece of pieces) {
    if (typeof piece !== 'string') {
      if (text.length + piece.length > mostBytes) return undefined;
      text += piece.toString('latin1');
    } else text += Buffer.byteLength(piece) === piece.length ? piece : Buffer.from(piece).toString('latin1');
  }
  return text.length <= mostBytes ? text : undefined;
}

const NO_NAMES: Wanted['within'] = new Map();

/** A JSON value that stands in held bytes, and what the scanner found within it. */
export class HeldValue {
  constructor(
    private readonly held: HeldText,
    private readonly span: ValueSpan,
    private readonly within: readonly FoundMember[] = [],
    /** There are more of the members that were looked for: the last of them that were found are not the last. */
    private readonly isOverfull = false,
  ) {}

  get firstByte(): number {
    return this.span.firstByte;
  }

  /** As it was written. */
  get pieces(): readonly Buffer[] {
    return this.held.pieces(this.span);
  }

  /** The value itself; `undefined` when it is larger than that: making values of megabytes holds up everybody. */
  parsed(mostBytes: number): unknown {
    if (this.byteLength > mostBytes) return undefined;
    const text = this.held.text(this.span);
    // Nearly all that is looked at are short words.
    return this.firstByte === QUOTE && !text.includes('\\') ? text.slice(1, -1) : parseFaithfully(text);
  }

  /** The member of that name that counts, of those that were looked for. */
  member(name: string): HeldValue | undefined {
    const found = this.within.findLast((member) => member.name === name);
    return found === undefined ? undefined : new HeldValue(this.held, found);
  }

  get byteLength(): number {
    return this.span.end - this.span.start;
  }

  /** The first elements, if it is an array. */
  elements(most: number): readonly HeldValue[] | undefined {
    if (this.firstByte !== OPEN_ARRAY) return undefined;
    const { held, scanner } = this.#scanned(new Set(), most);
    return scanner.elements.map((element) => new HeldValue(held, element));
  }

  /** The same, with these members looked for. */
  looked(names: ReadonlySet<string>): HeldValue {
    const { held, scanner } = this.#scanned(names);
    const span = { ...this.span, start: 0, end: held.length };
    return new HeldValue(held, span, scanner.found, scanner.broken);
  }

  #scanned(
    names: ReadonlySet<string>,
    most?: number,
  ): { readonly held: HeldText; readonly scanner: JsonScanner } {
    const held = new HeldText();
    const scanner = new JsonScanner({ root: names, within: NO_NAMES }, most);
    for (const piece of this.pieces) {
      held.add(piece);
      scanner.push(piece);
    }
    return { held, scanner };
  }

  /** Whether a member that was looked for is there twice, or more often than anybody looks: parsers need not agree on which of them counts. */
  get isAmbiguous(): boolean {
    return this.isOverfull || hasTwice(this.within);
  }

  /**
   * The object without some of the members that were looked for, and with others; all that is left stays as it was written. Where
   * more were there than anybody looks for, what comes after them is left out.
   * @param members JSON texts by name.
   */
  replacing(names: ReadonlySet<string>, members: Readonly<Record<string, string>>): Pieces {
    const runs: Pieces[] = Object.entries(members).map(([name, text]) => [`${JSON.stringify(name)}:${text}`]);
    const dropped = this.within.filter(({ name }) => names.has(name));
    const last = this.isOverfull ? this.within.at(-1)?.end : undefined;
    let from = this.span.start + 1;
    for (const { nameStart, end } of [...dropped, AT_END(last ?? this.span.end - 1)]) {
      const run = withoutEdges(this.held.pieces({ start: from, end: nameStart }));
      if (run.length > 0) runs.push(run);
      from = end;
    }
    return ['{', ...runs.flatMap((run, index) => (index === 0 ? run : [',', ...run])), '}'];
  }
}

/** There are few: a set of the names would cost each result more. */
function hasTwice(members: readonly FoundMember[]): boolean {
  for (let at = 1; at < members.length; at += 1)
    for (let before = 0; before < at; before += 1)
      if (members[before]?.name === members[at]?.name) return true;
  return false;
}

const AT_END = (offset: number): Pick<FoundMember, 'nameStart' | 'end'> => ({
  nameStart: offset,
  end: offset,
});

/** Commas and white space at the edges separate a run of members from what was next to it. */
const SEPARATORS: ReadonlySet<number> = new Set(Buffer.from(', \n\r\t'));

function withoutEdges(pieces: readonly Buffer[]): readonly Buffer[] {
  const kept = [...pieces];
  for (let first = kept.shift(); first !== undefined; first = kept.shift()) {
    const from = first.findIndex((byte) => !SEPARATORS.has(byte));
    if (from === -1) continue;
    kept.unshift(first.subarray(from));
    break;
  }
  for (let last = kept.pop(); last !== undefined; last = kept.pop()) {
    const end = last.findLastIndex((byte) => !SEPARATORS.has(byte));
    if (end === -1) continue;
    kept.push(last.subarray(0, end + 1));
    break;
  }
  return kept;
}
