import { withoutHiddenCharacters } from './hidden-characters.js';
import { said, type Language } from './languages.js';

/** Markup that is known to be safe, because {@link html} or {@link t} made it. Never join strings to make one. */
export class Html {
  /** @param write the markup for a reader of that language. */
  constructor(private readonly write: (language: Language) => string) {}

  in(language: Language): string {
    return this.write(language);
  }

  /** In English. */
  get markup(): string {
    return this.write('en');
  }

  toString(): string {
    return this.markup;
  }
}

export type HtmlValue = Html | string | number | undefined | false | readonly HtmlValue[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeText = (text: string): string =>
  withoutHiddenCharacters(text).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');

/**
 * Template tag. Every value that is not {@link Html} itself is escaped for text and for quoted attributes, and loses the
 * characters that could change how the text around it reads.
 */
export const html = (parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html =>
  new Html((language) => parts.map((part, index) => part + render(values[index], language)).join(''));

/**
 * Template tag of a text for people, in English. It is said in the reader's language when the page is sent (`german.ts`). Its values
 * are treated as those of {@link html}.
 */
export function t(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const text = keyOf(parts);
  return new Html((language) =>
    said(text, language).replace(/\{(\d)\}/g, (_all, number: string) =>
      render(values[Number(number) - 1], language),
    ),
  );
}

/** A text that is said in the reader's language where it is known, and as it is where not. It may be from elsewhere. */
export const known = (text: string): Html => new Html((language) => escapeText(said(text, language)));

/** The text with `{1}`, `{2}` … for its values, and every white space as one blank. */
export const keyOf = (parts: readonly string[]): string =>
  parts
    .map((part, index) => (index === 0 ? part : `{${index}}${part}`))
    .join('')
    .replace(/\s+/g, ' ')
    .trim();

function render(value: HtmlValue, language: Language): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.in(language);
  if (Array.isArray(value)) return value.map((one: HtmlValue) => render(one, language)).join('');
  return escapeText(String(value));
}
