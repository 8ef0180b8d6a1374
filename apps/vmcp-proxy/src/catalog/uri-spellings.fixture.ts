import * as fc from 'fast-check';

const hexOf = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const token = fc.constantFrom(
  ...[
    'docs',
    'secret',
    'SECRET',
    'open',
    'a.md',
    '.md',
    '/',
    '//',
    '\\',
    '.',
    '..',
    ' ',
    '\t',
    '\n',
    '?',
    '#',
    ';',
  ],
  ...['x', '%', '%ff', '%00', '%zz', '%25', '+', '\u00ad', '\u2025', '\uff0f', 'é', '{x}'],
);
const written = fc
  .tuple(token, fc.constantFrom('as it is', 'as it is', 'as it is', 'encoded', 'in part', 'twice'))
  .map(([text, how]) => {
    if (how === 'encoded') return hexOf(text);
    if (how === 'in part') return hexOf(text.slice(0, 1)) + text.slice(1);
    return how === 'twice' ? hexOf(hexOf(text)) : text;
  });
const start = fc.constantFrom(
  'file:///',
  'file:///docs/',
  'FILE:///docs/',
  'file:/docs/',
  'file://localhost/docs/',
);
const secret = fc.constantFrom('', '/secret/', 'secret/', '%73ecret/', 's%65cret/a', '../secret/', '/secret');

/** URIs of files, and what clients could write for them to get past a pattern. */
export const spelling: fc.Arbitrary<string> = fc
  .tuple(start, fc.array(written, { maxLength: 4 }), secret, fc.array(written, { maxLength: 4 }))
  .map(([first, before, middle, after]) => first + before.join('') + middle + after.join(''));

/** The file that the most lenient of backends reads: it drops, decodes as often as it can, cuts and normalises. */
export function lenientPath(uri: string): string {
  let text = uri;
  for (let previous = ''; previous !== text;) {
    previous = text;
    text = text
      .replace(/[\t\r\n\0\u00ad]/g, '')
      .trim()
      .replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString())
      .normalize('NFKC');
  }
  const path = text
    .replaceAll('\\', '/')
    .replace(/[?#;].*$/s, '')
    .replace(/^file:(\/\/[^/]*(?=\/))?/i, '');
  const segments: string[] = [];
  for (const segment of path.split('/').map((one) => one.trim()))
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  return segments.join('/');
}
