import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { excludedBy } from './excluded-uri.js';
import { lenientPath, spelling } from './uri-spellings.fixture.js';

test.each([
  'file:///docs/secret/a',
  'file:///docs/%73ecret/a',
  'FILE:///docs/secret/a',
  'file:///docs/SECRET/a',
  'file:///docs/x/../secret/a',
  'file:///docs/x/%2e%2e/secret/a',
  'file:///docs/x/..%2fsecret/a',
  'file:///docs//secret/a',
  'file:////docs/secret/a',
  'file:/docs/secret/a',
  'file:docs/secret/a',
  'file://localhost/docs/secret/a',
  'file://other.example/docs/secret/a',
  'file:///docs/%73ecret/a?%zz',
  'file:///docs/%73ecret/a?%ff',
  'file:///docs/%73ecret/plan?%ff',
  'file:///docs/%2573ecret/a',
  'file:///docs/s\tecret/a',
  'file:///docs/s%0aecret/a',
  ' file:///docs/secret/a',
  'file:///docs\\secret\\a',
  'file:///docs%5csecret%5ca',
  'file:///docs%2fsecret%2fa',
  'file:///docs/secret%2f',
  'file:///docs/secret;v=1/a',
  'file:///docs/secret./a',
  'file:///docs/secret%20/a',
  'file:///docs/%20secret/a',
  'file:///docs/se%C2%ADcret/a',
  'file:///docs/%EF%BD%93ecret/a',
  'file:///docs/secret/?x',
  'file:///docs/x?%2f..%2fsecret/a',
])('an excluded resource is not reached in another spelling: %j', (uri) => {
  expect(excludedBy(['file:///docs/secret/*'])('uri', uri)).toBe(true);
});

test.each([
  'file:///docs/secret.txt?x',
  'file:///docs/secret.txt#x',
  'file:///docs/secret.txt;x',
  'file:///docs/secret.txt%3Fx',
  'file:///docs/secret.txt%23x',
  'file:///docs/secret.txt/',
  'file:///docs/secret.txt.',
  'file:///docs/secret%2etxt',
  'file:///docs/secret.txt%20',
])('an excluded resource is not reached by an ending that its backend drops: %s', (uri) => {
  expect(excludedBy(['file:///docs/secret.txt'])('uri', uri)).toBe(true);
  expect(excludedBy(['*.txt'])('uri', uri)).toBe(true);
});

test.each<[string, string]>([
  ['https://host.example/a/*', 'https://host.example:443/a/b'],
  ['https://host.example/a/*', 'https://HOST.example/a/b'],
  ['https://host.example/a/*', 'https://someone@host.example/a/b'],
  ['https://host.example/a/*', 'https:/host.example/a/b'],
  ['https://host.example/a b/*', 'https://host.example/a%20b/c'],
  ['https://host.example/a%20b/*', 'https://host.example/%61%20b/c'],
  ['https://host.example/a b', 'https://host.example/a+b'],
  ['*/secret/*', 'file:///%73ecret/a'],
  ['notes://caf%C3%A9', 'notes://cafe\u0301'],
  ['notes://x?id=1', 'notes://x?id=%31'],
])('an exclude of %s knows %s', (pattern, uri) => {
  expect(excludedBy([pattern])('uri', uri)).toBe(true);
});

test.each([
  'file:///docs/a%20b.md',
  'file:///docs/secrets',
  'file:///docs/secret',
  'file:///docs/caf%C3%A9?x=https://other.example/',
  'test://static-text',
  'urn:isbn:0451450523',
])('an honest resource that is not excluded stays: %s', (uri) => {
  expect(excludedBy(['file:///docs/secret/*'])('uri', uri)).toBe(false);
});

test.each<[string, boolean]>([
  ['file:///docs/{+path}', false],
  ['{+uri}', false],
  ['file:///docs/{name}{?rev}', false],
  ['file:///docs/%73ecret/{name}', true],
  ['file:///docs/secret/{name}{?rev}', true],
  ['file:///docs/../{name}', true],
])('of templates as well: %s is excluded: %p', (template, excluded) => {
  expect(excludedBy(['file:///docs/secret/*'])('template', template)).toBe(excluded);
});

test('without a pattern nothing is excluded, however it is written', () => {
  expect(excludedBy([])('uri', 'odd name')).toBe(false);
});

test('whatever a lenient backend reads as an excluded file is excluded', () => {
  const isSecret = (path: string): boolean => /^docs\/secret\//i.test(path);
  let found = 0;
  fc.assert(
    fc.property(spelling, (uri) => {
      if (!isSecret(lenientPath(uri))) return;
      found += 1;
      expect(excludedBy(['file:///docs/secret/*'])('uri', uri)).toBe(true);
      expect(excludedBy(['*/secret/*'])('uri', uri)).toBe(true);
    }),
    { numRuns: 10_000 },
  );
  expect(found).toBeGreaterThan(100);
});
