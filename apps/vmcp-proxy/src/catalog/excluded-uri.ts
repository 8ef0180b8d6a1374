import { hasPartsInOrder, matchesWildcard } from '@gatehouse/kernel/wildcard';
import { compatible, decoded, isPlain, isPlainTemplate, withoutQuery } from './plain-uri.js';

/** Of a URI, or of a template. */
export type IsExcluded = (kind: 'uri' | 'template', uri: string) => boolean;

/**
 * Whether one of the patterns excludes a URI, in whatever way it is written. What is not plain is excluded as soon as there is
 * a pattern: a backend may understand it as something that the pattern is about.
 */
export function excludedBy(patterns: readonly string[]): IsExcluded {
  if (patterns.length === 0) return () => false;
  const foldedPatterns = patterns.map((pattern) => {
    const [first = '', ...others] = pattern.split('*');
    return [folded(withScheme(first)), ...others.map(folded)];
  });
  return (kind, uri) => {
    if (kind === 'uri' ? !isPlain(uri) : !isPlainTemplate(uri)) return true;
    if (patterns.some((pattern) => matchesWildcard(pattern, uri))) return true;
    const spellings = spellingsOf(kind === 'uri' ? uri : withoutQuery(uri));
    return foldedPatterns.some((parts) => spellings.some((spelling) => hasPartsInOrder(parts, spelling)));
  };
}

/** All that a backend may take for the name of the same thing; rather too much. */
function spellingsOf(uri: string): readonly string[] {
  const withAll = (texts: readonly string[], change: (text: string) => string): readonly string[] => [
    ...new Set(texts.flatMap((text) => [text, change(text)])),
  ];
  // Default ports and the names of hosts (WHATWG URL).
  let texts = withAll([uri], (text) => URL.parse(text)?.href ?? text);
  texts = withAll(texts, withoutAuthority);
  texts = withAll(texts, beforeQuery);
  texts = texts.map((text) => folded(withScheme(text)));
  texts = withAll(texts, beforeQuery);
  texts = withAll(texts, (text) => text.replace(/;[^/]*/g, ''));
  return withAll(texts, (text) => text.replace(/(?<![/. ])[/. ]+$/, ''));
}

/** The same as whole texts, with as many slashes as people write. */
export const otherSpellings = (uri: string): readonly string[] => [
  ...new Set(
    spellingsOf(uri).flatMap((text) => [
      text,
      text.replace(/^([a-z][a-z0-9+.-]*:)\/+/, '$1//'),
      text.replace(/^([a-z][a-z0-9+.-]*:)\/+/, '$1///'),
    ]),
  ),
];

const beforeQuery = (uri: string): string => uri.split(/[?#]/, 1)[0] ?? '';

/** Who is named before the host is none of the path, and a path of a file is often read without its host. */
const withoutAuthority = (uri: string): string =>
  uri.replace(/^file:\/\/[^/?#]*/i, 'file://').replace(/^([^:/?#]+:\/\/)[^/?#@]*@/, '$1');

/** Behind a scheme, any number of slashes is one: `file:/a`, `file:///a` and `file:a` are one file. */
const withScheme = (uri: string): string => uri.replace(/^([a-z][a-z0-9+.-]*:)\/*/i, '$1/');

/** Without encoding, case, characters that nobody sees, what systems drop around a name, and repeated slashes. */
const folded = (text: string): string =>
  compatible(decoded(text))
    .replace(/(?<![. ])[. ]+(?=\/)/g, '')
    .replace(/\/[/ ]+/g, '/')
    .replaceAll('+', ' ')
    .toLowerCase();
