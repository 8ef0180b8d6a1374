import { withoutHiddenCharacters } from './hidden-characters.js';

/** Markup that is known to be safe, because {@link html} made it. Never join strings to make one. */
export class Html {
  constructor(readonly markup: string) {}

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
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(parts.map((part, index) => part + render(values[index])).join(''));
}

function render(value: HtmlValue): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.markup;
  if (Array.isArray(value)) return value.map((one: HtmlValue) => render(one)).join('');
  return escapeText(String(value));
}
