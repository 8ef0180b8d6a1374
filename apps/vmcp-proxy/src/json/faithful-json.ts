/** What `JSON` offers since V8 11.4 and the library types do not name yet (TC39 "JSON.parse source text access"). */
interface SourceAwareJson {
  parse(
    text: string,
    reviver: (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
}
// The members exist in every Node that `engines` allows for the services (Node 24).
const sourceAware = JSON as unknown as SourceAwareJson;

/** Cheap look for numbers that a double, or its canonical spelling, would change: long ones, `1.0`, exponents, `-0`. */
const MAY_LOSE_DIGITS = /[\d.]{16}|\d\.\d*0(?!\d)|\d[eE][-+\d]|-0(?![.\d])/;

/**
 * Parses JSON so that `JSON.stringify` gives every number back as it was written: a 64-bit id in a tool's arguments
 * must not be rounded on its way through a gateway. Such numbers become raw JSON objects, all else is as usual.
 * @throws {SyntaxError}
 */
export function parseFaithfully(text: string): unknown {
  if (!MAY_LOSE_DIGITS.test(text)) return JSON.parse(text) as unknown;
  return sourceAware.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source
      ? sourceAware.rawJSON(source)
      : value,
  );
}

/** A number as {@link parseFaithfully} gives it. */
export function writtenNumber(text: string): unknown {
  const value = Number(text);
  return String(value) === text ? value : sourceAware.rawJSON(text);
}

/** Whether the value is a number, in either form that {@link parseFaithfully} gives. */
export const isNumber = (value: unknown): boolean =>
  typeof value === 'number' || sourceAware.isRawJSON(value);
