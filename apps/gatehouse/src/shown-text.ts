const MAX_LENGTH = 600;
const REDACTED = '[redacted]';
/** Megabytes are not searched for anything. */
const MAX_READ = 64 * 1_024;

/**
 * A text of somebody else, for a terminal: what moves a cursor or is not seen (control, format and unassigned characters) is left
 * out, and no more than some lines of it are shown.
 * @param secrets that it may quote
 */
export function shownText(text: string, secrets: readonly string[] = []): string {
  let known = text
    .slice(0, MAX_READ)
    .toWellFormed()
    .replace(/\p{Cf}+/gu, '')
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  for (const secret of secrets) known = known.replaceAll(secret, REDACTED);
  // Where the text was cut, half a secret may stand.
  if (text.length > MAX_READ) known = known.slice(0, Math.max(0, known.length - longestOf(secrets)));
  return known.length <= MAX_LENGTH ? known : `${known.slice(0, MAX_LENGTH - 1).toWellFormed()}…`;
}

const longestOf = (texts: readonly string[]): number => Math.max(0, ...texts.map(({ length }) => length));

/** A URL that a party names: without a query and credentials, which may be anybody's. `undefined`: it is none. */
export const namedUrl = (text: string | undefined): string | undefined =>
  text === undefined || !URL.canParse(text)
    ? undefined
    : text.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//');
