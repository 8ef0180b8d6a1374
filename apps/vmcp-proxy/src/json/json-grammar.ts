/** Bytes of JSON text that mean something (RFC 8259). */
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;
export const OPEN_ARRAY = 0x5b;
export const CLOSE_ARRAY = 0x5d;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const CAPITAL_E = 0x45;
const SMALL_E = 0x65;
/** After a backslash: four hexadecimal digits follow. */
export const UNICODE_ESCAPE = 0x75;

/** No byte up to here begins a token, or stands in a string as it is, but the space itself. */
export const SPACE = 0x20;

export const isSpace = (byte: number): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** What comes after the first letter of `true`, `false` and `null`. */
export const LITERALS: ReadonlyMap<number, string> = new Map([
  [0x74, 'rue'],
  [0x66, 'alse'],
  [0x6e, 'ull'],
]);

export const isHexDigit = (byte: number): boolean =>
  (byte >= ZERO && byte <= NINE) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);

const SIMPLE_ESCAPES: ReadonlySet<number> = new Set(Buffer.from('"\\\\/bfnrt'));

/** Whether the byte may follow a backslash and ends the escape. */
export const isSimpleEscape = (byte: number): boolean => SIMPLE_ESCAPES.has(byte);

/** How far a number has come; the ones that can be its end are odd. */
const NUMBER_SIGN = 0;
const NUMBER_ZERO = 1;
const NUMBER_POINT = 2;
const NUMBER_INTEGER = 3;
const NUMBER_E = 4;
const NUMBER_FRACTION = 5;
const NUMBER_E_SIGN = 6;
const NUMBER_EXPONENT = 7;

export const mayEndNumber = (state: number): boolean => (state & 1) === 1;

/** The state after the first byte of a number; `undefined` for a byte that begins none. */
export function beginNumber(byte: number): number | undefined {
  if (byte === MINUS) return NUMBER_SIGN;
  if (byte === ZERO) return NUMBER_ZERO;
  return byte > ZERO && byte <= NINE ? NUMBER_INTEGER : undefined;
}

/** The state after one more byte; `undefined` when the byte is no part of the number. */
export function continueNumber(state: number, byte: number): number | undefined {
  if (byte >= ZERO && byte <= NINE) return afterDigit(state, byte);
  if (byte === POINT) return state === NUMBER_ZERO || state === NUMBER_INTEGER ? NUMBER_POINT : undefined;
  if (byte === SMALL_E || byte === CAPITAL_E)
    return mayEndNumber(state) && state !== NUMBER_EXPONENT ? NUMBER_E : undefined;
  return (byte === PLUS || byte === MINUS) && state === NUMBER_E ? NUMBER_E_SIGN : undefined;
}

function afterDigit(state: number, byte: number): number | undefined {
  switch (state) {
    case NUMBER_SIGN:
      return byte === ZERO ? NUMBER_ZERO : NUMBER_INTEGER;
    case NUMBER_ZERO:
      return undefined;
    case NUMBER_POINT:
      return NUMBER_FRACTION;
    case NUMBER_E:
    case NUMBER_E_SIGN:
      return NUMBER_EXPONENT;
    default:
      return state;
  }
}
