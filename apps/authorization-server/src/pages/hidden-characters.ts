/**
 * Invisible characters that belong where they stand: emoji of several parts in the sequences that Unicode recommends
 * (UTS #51: families, professions, flags), and joiners between letters of scripts that are written with them (RFC 5892,
 * appendix A). Anywhere else the same characters only hide something.
 */
const BELONGING = String.raw`\p{RGI_Emoji}|(?<=[\p{scx=Arab}[\p{Mn}--\p{VS}]])[\u200c\u200d](?=\p{L})`;
/** Controls, line breaks, direction marks, characters without width, and half characters. */
const HIDDEN = String.raw`[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}]--\p{VS}]`;
const EITHER = new RegExp(`(?<belonging>${BELONGING})|${HIDDEN}`, 'gv');

/** Whether a text holds characters with which it could make the page around it say something else. */
export const hasHiddenCharacters = (text: string): boolean =>
  [...text.matchAll(EITHER)].some(({ groups }) => groups?.['belonging'] === undefined);

/** For text that was written elsewhere or long ago, so that it is too late to refuse it. White space stays white space. */
export const withoutHiddenCharacters = (text: string): string =>
  text.replace(EITHER, (found, belonging: string | undefined) => belonging ?? (/\s/.test(found) ? ' ' : ''));
