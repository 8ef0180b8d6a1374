import { isUtf8 } from 'node:buffer';

/** Where a value stands. */
interface Span {
  readonly start: number;
  readonly end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const SPACES: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0a, 0x0d]);
const OPEN: ReadonlySet<number | undefined> = new Set([0x7b, 0x5b]);
const CLOSE: ReadonlySet<number | undefined> = new Set([0x7d, 0x5d]);
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** Longer names and values decide nothing here. */
const MAX_WORD_BYTES = 4_096;

/** The members that decide which way a message goes; what holds others is `{}`, whatever is in it. */
const INSIDE: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  params: { '': ['requestId', 'progressToken'], _meta: ['progressToken'] },
  result: { '': ['protocolVersion'] },
};

/**
 * What `JSON.parse` gives for a large message, with nothing in it but the members that decide which way it goes: the value of a
 * list of ten million elements takes the memory of all other programs' messages. Whoever the message is for checks the rest.
 * @returns `undefined` for what is no object
 */
export function outlineOf(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  if (!isUtf8(bytes)) return undefined;
  const start = afterSpaces(bytes, 0);
  const end = valueEnd(bytes, start);
  if (end === undefined || afterSpaces(bytes, end) !== bytes.length) return undefined;
  const members = membersIn(bytes, { start, end });
  if (members === undefined) return undefined;
  const outline: Record<string, unknown> = {};
  for (const name of ['jsonrpc', 'id', 'method', 'error']) {
    const span = members.get(name);
    if (span !== undefined) outline[name] = small(bytes, span);
  }
  for (const [name, wanted] of Object.entries(INSIDE)) {
    const span = members.get(name);
    if (span !== undefined) outline[name] = within(bytes, span, wanted);
  }
  return outline;
}

function within(bytes: Buffer, span: Span, wanted: Readonly<Record<string, readonly string[]>>): unknown {
  const members = membersIn(bytes, span);
  if (members === undefined) return null;
  const found: Record<string, unknown> = {};
  for (const [holder, names] of Object.entries(wanted)) {
    const holding = members.get(holder);
    const inside = holder === '' ? members : holding === undefined ? undefined : membersIn(bytes, holding);
    const into: Record<string, unknown> = holder === '' ? found : {};
    for (const name of names) {
      const value = inside?.get(name);
      if (value !== undefined) into[name] = small(bytes, value);
    }
    if (holder !== '' && inside !== undefined) found[holder] = into;
  }
  return found;
}

/** @returns `null` for what is large or no JSON: neither decides anything. */
function small(bytes: Buffer, { start, end }: Span): unknown {
  if (end - start > MAX_WORD_BYTES) return null;
  try {
    return JSON.parse(bytes.toString('utf8', start, end));
  } catch {
    return null;
  }
}

/** The members of an object by their names, the last of each; `undefined` for what is none. */
function membersIn(bytes: Buffer, { start, end }: Span): ReadonlyMap<string, Span> | undefined {
  if (bytes[start] !== OPEN_OBJECT) return undefined;
  const members = new Map<string, Span>();
  let at = afterSpaces(bytes, start + 1);
  while (at < end && bytes[at] !== CLOSE_OBJECT) {
    if (bytes[at] !== QUOTE) return undefined;
    const nameEnd = stringEnd(bytes, at);
    const colon = nameEnd === undefined ? end : afterSpaces(bytes, nameEnd);
    if (nameEnd === undefined || bytes[colon] !== COLON) return undefined;
    const valueStart = afterSpaces(bytes, colon + 1);
    const close = valueEnd(bytes, valueStart);
    if (close === undefined || close > end) return undefined;
    const name = small(bytes, { start: at, end: nameEnd });
    if (typeof name === 'string') members.set(name, { start: valueStart, end: close });
    at = afterSpaces(bytes, close);
    if (bytes[at] === COMMA) at = afterSpaces(bytes, at + 1);
    else if (bytes[at] !== CLOSE_OBJECT) return undefined;
  }
  return members;
}

function afterSpaces(bytes: Buffer, from: number): number {
  let at = from;
  while (SPACES.has(bytes[at])) at += 1;
  return at;
}

/** After its closing quote; `undefined`: there is none. */
function stringEnd(bytes: Buffer, start: number): number | undefined {
  for (let at = bytes.indexOf(QUOTE, start + 1); at !== -1; at = bytes.indexOf(QUOTE, at + 1)) {
    let slashes = 0;
    while (bytes[at - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return at + 1;
  }
  return undefined;
}

/** Where the value ends that begins there; `undefined`: nowhere. Brackets are counted, and not told apart. */
function valueEnd(bytes: Buffer, start: number): number | undefined {
  let depth = 0;
  let at = start;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      const end = stringEnd(bytes, at);
      if (end === undefined) return undefined;
      at = end;
      if (depth === 0) return at;
      continue;
    }
    if (OPEN.has(byte)) depth += 1;
    else if (CLOSE.has(byte) || byte === COMMA || SPACES.has(byte)) {
      // A number or a word ends before it.
      if (depth === 0) return at === start ? undefined : at;
      if (CLOSE.has(byte)) {
        depth -= 1;
        if (depth === 0) return at + 1;
      }
    }
    at += 1;
  }
  return depth === 0 && at > start ? at : undefined;
}
