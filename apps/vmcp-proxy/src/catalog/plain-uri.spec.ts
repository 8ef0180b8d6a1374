import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { isPlain, matchesUri, matchesUriTemplate } from './plain-uri.js';
import { lenientPath, spelling } from './uri-spellings.fixture.js';

test.each([
  'file:///docs/../secret',
  'file:///docs/./secret',
  'file:///docs/..',
  'file:///docs/..?x',
  'file:///docs/%2e%2e/secret',
  'file:///docs/%2E./secret',
  'file:///docs/..%2fsecret',
  'file:///docs/..%5Csecret',
  'file:///docs/..\\secret',
  'file:///docs/%252e%252e/secret',
  `file:///docs/%${'25'.repeat(10)}2e%2e/secret`,
  'file:///docs/.\t./secret',
  'file:///docs/.\n./secret',
  'file:///docs/.\r./secret',
  'file:///docs/.%09./secret',
  'file:///docs/.. /secret',
  'file:///docs/..%20/secret',
  'file:///docs/.../secret',
  'file:///docs/..;/secret',
  'file:///docs/\u2025/secret',
  'file:///docs/%EF%BC%8E%EF%BC%8E/secret',
  'file:///docs/..\uff0fsecret',
  'file:///docs/.\u00ad./secret',
  'file:///docs/.%C2%AD./secret',
  'file:///docs/.\ufe0f./secret',
  'file:///docs/%u002e%u002e/secret',
  'file:///docs/%25u002e%25u002e/secret',
  'file:///docs/%c0%ae%c0%ae/secret',
  'file:///docs/%25%32%65%25%32%65/secret',
])('%j does not get out of a pattern by dot segments', (uri) => {
  expect(matchesUri('file:///docs/*', uri)).toBe(false);
});

test.each([
  'file:///docs/a b',
  ' file:///docs/a',
  'file:///docs/a ',
  'file:///docs/a\u00a0',
  'file:///docs/a\u0000',
  'file:///docs/a%00',
  'file:///docs/a%',
  'file:///docs/a%f',
  'file:///docs/a?%zz',
  'file:///docs/a%ff',
  'file:///docs/%2573ecret',
  'file:///docs//a',
  'file:////docs/a',
  'file:///docs/%2Fa',
  'https://host.example//a',
  'file:///docs\\a',
  'file:///docs%5ca',
  'file:///docs/{x}',
  'file:///docs/a|b',
  'file:///docs/\ud800',
  'docs/a',
  '',
])('%j is not plain: a parser may read something else in it', (uri) => {
  expect(isPlain(uri)).toBe(false);
  expect(matchesUri('*', uri)).toBe(false);
});

test.each<[string, string]>([
  ['file:///*.md', 'file:///secret.key#.md'],
  ['file:///*.md', 'file:///secret.key?.md'],
  ['file:///*.md', 'file:///secret.key;.md'],
  ['file:///*.md', 'file:///secret.key%23.md'],
  ['file:///*.md', 'file:///secret.key%3F.md'],
  ['file:///*/open/*', 'file:///secret?/open/x'],
  ['file:///*.md?rev=*', 'file:///secret.key?.md?rev=1'],
])('a * of %s does not run over a query, a fragment or parameters: %s', (pattern, uri) => {
  expect(matchesUri(pattern, uri)).toBe(false);
});

describe('what is written honestly fits', () => {
  test.each([
    'file:///docs/a',
    'file:///docs/a..b',
    'file:///docs/.hidden',
    'file:///docs/100%25',
    'file:///docs/a%2fb',
    'file:///docs/a%20b.md',
    'file:///docs/caf%C3%A9.md',
    'file:///docs/cafe%CC%81.md',
    'file:///docs/café.md',
    'file:///docs/日本（１）.md',
    'file:///docs/a?from=https://other.example/x&to=2#top',
    'file:///docs/',
  ])('%s', (uri) => {
    expect(matchesUri('file:///docs/*', uri)).toBe(true);
  });

  test.each<[string, string]>([
    ['test://*', 'test://static-text'],
    ['*', 'urn:isbn:0451450523'],
    ['postgres://*', 'postgres://reader@db.example:5432/shop/orders/schema'],
    ['*.md', 'file:///docs/a.md'],
    ['*.md', 'file:///docs/a.md?x=.md'],
    ['file:///*.md?rev=*', 'file:///a.md?rev=1'],
    ['file:///a%20b/*', 'file:///a%20b/c'],
    ['file:///docs/../x', 'file:///docs/../x'],
    ['odd name', 'odd name'],
  ])('%s: %s', (pattern, uri) => {
    expect(matchesUri(pattern, uri)).toBe(true);
  });

  test.each<[string, string, boolean]>([
    ['docs://*', 'docs://{x}', true],
    ['docs://*', 'docs://{x}{?q,r}', true],
    ['docs://*/text', 'docs://{x}/text', true],
    ['docs://{x}{?q}', 'docs://{x}{?q}', true],
    ['{+any}', '{+any}', true],
    ['docs://*', '{+any}', false],
    ['docs://*', 'docs://../{x}', false],
  ])('%s: the template %s: %p', (pattern, template, isShown) => {
    expect(matchesUriTemplate(pattern, template)).toBe(isShown);
  });
});

test('no spelling that fits a pattern leads a lenient backend out of it', () => {
  fc.assert(
    fc.property(spelling, (uri) => {
      if (matchesUri('file:///docs/*', uri)) expect(lenientPath(uri)).toMatch(/^docs(\/|$)/);
      if (matchesUri('file:///*.md', uri)) expect(lenientPath(uri)).toMatch(/\.md$/);
    }),
    { numRuns: 5000 },
  );
});
