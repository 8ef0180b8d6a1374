/** What a terminal obeys, but for the end of a line and a tab, and what turns the direction of a text. */
const STEERS = /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu;

/** A text for a terminal, whoever wrote a part of it: names of people and clients, answers of providers, what was typed. */
export const inertText = (text: string): string => text.replaceAll(STEERS, '');

/** A document for programs, which somebody may look at in a terminal: the same value, with other spellings. */
export const inertJson = (document: unknown): string =>
  JSON.stringify(document, undefined, 2).replaceAll(
    STEERS,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
