import { matchesWildcard } from '@gatehouse/kernel/wildcard';

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;
/** What neither a URI (RFC 3986 section 2) nor an IRI (RFC 3987) may have: blanks, controls, backslashes among it. */
const FOREIGN = /[^A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%\u0080-\u{10ffff}]|[\p{Cc}\p{Cs}\p{Z}]/u;
/** What a backend that decodes once more, or that takes a backslash for a slash, would find in the decoded text. */
const REPAIRED = /[\p{Cc}\\]|%(?:[0-9a-f]{2}|u[0-9a-f]{4})/iu;
/** Leads up or nowhere. Windows drops blanks and further dots. */
const DOT_SEGMENT = /(?:^|[/:=?#;&]) *\.[. ]*(?:[/?#;&]|$)/;
const EMPTY_SEGMENT = /^\/|\/\//;

/**
 * Whether all parsers, lenient ones among them, read the same in a URI: nothing in it is dropped, repaired, decoded twice or
 * resolved. Only of such a URI does its text tell what it names.
 */
export function isPlain(uri: string): boolean {
  const text = wholeDecoded(uri);
  if (text === undefined || !SCHEME.test(uri) || FOREIGN.test(uri)) return false;
  const texts = [text, compatible(text)];
  // A query may hold a URL.
  const [path = ''] = uri.split(/[?#]/, 1);
  const segments = decoded(path)
    .normalize('NFKC')
    .replace(/^[^:]*:\/{0,3}/, '');
  return texts.every((one) => !REPAIRED.test(one) && !DOT_SEGMENT.test(one)) && !EMPTY_SEGMENT.test(segments);
}

/** Whether a pattern that shows fits. What is written in another way than the pattern's author thought of does not. */
export const matchesUri = (pattern: string, uri: string): boolean =>
  pattern === uri || (isPlain(uri) && fits(pattern, uri));

/** A template is never read, and what becomes of it is looked at by itself: its expressions count as plain text. */
export const matchesUriTemplate = (pattern: string, template: string): boolean =>
  pattern === template ||
  (isPlainTemplate(template) &&
    matchesWildcard(pattern, template) &&
    fits(withoutQuery(pattern), withoutQuery(template)));

export const isPlainTemplate = (template: string): boolean =>
  isPlain(
    withoutQuery(template)
      .replace(/^\{[^{}]*\}:?/, 'x:')
      .replace(/\{[^{}]*\}/g, 'x'),
  );

/** Without the expressions that make queries, fragments and parameters (RFC 6570 sections 3.2.4, 3.2.7 to 3.2.9). */
export const withoutQuery = (template: string): string => template.replace(/\{[?&#;][^{}]*\}/g, '');

/** As a whole, and up to the query: a `*` that ran over a `?` would make the end of a query that of a path. */
const fits = (pattern: string, uri: string): boolean =>
  [[pattern, uri] as const, [decoded(pattern), decoded(uri)] as const].every(
    ([one, text]) => matchesWildcard(one, text) && matchesWildcard(pathOf(one), pathOf(text)),
  );

/** Up to a query, a fragment or parameters. */
const pathOf = (uri: string): string => uri.split(/[?#;]/, 1)[0] ?? '';

/** As some file systems and hosts take it: dots, slashes and letters have compatible characters, and some are never seen. */
export const compatible = (text: string): string =>
  text.normalize('NFKC').replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '');

/** Decoded where that can be done. */
export const decoded = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => wholeDecoded(encoded) ?? encoded);

function wholeDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
