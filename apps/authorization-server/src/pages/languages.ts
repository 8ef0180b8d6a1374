import { GERMAN } from './german.js';

export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];

const TEXTS: Readonly<Record<Language, ReadonlyMap<string, string>>> = {
  // The pages have it.
  en: new Map(),
  de: new Map(Object.entries(GERMAN)),
};

export const said = (text: string, language: Language): string => TEXTS[language].get(text) ?? text;

/**
 * The reader's language by `Accept-Language` (RFC 9110, section 12.5.4), without regions: the one they would rather have of ours, the
 * earlier one of two that they like as much. English where they name none.
 */
export function languageOf(accepted: string | undefined): Language {
  let best: { readonly language: Language; readonly weight: number } = { language: 'en', weight: 0 };
  for (const range of (accepted ?? '').toLowerCase().split(',')) {
    const [tag = '', ...parameters] = range.split(';').map((part) => part.trim());
    const written = parameters.find((parameter) => parameter.startsWith('q='));
    const weight = written === undefined ? 1 : Number(written.slice(2));
    const language = LANGUAGES.find((one) => one === tag.split('-')[0]);
    // What is no number is no wish.
    if (language !== undefined && weight <= 1 && weight > best.weight) best = { language, weight };
  }
  return best.language;
}
