/**
 * Whether Postgres keeps a text as it is: `text` and `jsonb` refuse NUL, and half a surrogate pair is refused by `jsonb` and
 * quietly replaced in `text`, where two different values would become one.
 */
export const isStorableText = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

/** For text that is only shown: what cannot be kept is left out or replaced. */
export const storableText = (text: string): string => text.replaceAll('\0', '').toWellFormed();
