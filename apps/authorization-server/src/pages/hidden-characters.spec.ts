import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hasHiddenCharacters, withoutHiddenCharacters } from './hidden-characters.js';
import { html } from './html.js';

test.each([
  ['Alice \u202egnp.exe', 'Alice gnp.exe'],
  ['Ali\u200bce\u2066', 'Alice'],
  ['Alice\nAdmin', 'Alice Admin'],
  ['Alice\u2028Admin', 'Alice Admin'],
  ['👩🏽\u200d💻 Zoë 日本語 می\u200cخواهم', '👩🏽\u200d💻 Zoë 日本語 می\u200cخواهم'],
])('%j is shown as %j', (text, shown) => {
  expect(withoutHiddenCharacters(text)).toBe(shown);
});

test('whatever a text was, no hidden character of it is left', () => {
  const text = fc.string({
    unit: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\u202e', '\u200d', '👩', 'e')),
  });
  fc.assert(
    fc.property(text, (one) => {
      // What belonged where it stood may not do so any more once its neighbour is gone.
      const shown = withoutHiddenCharacters(withoutHiddenCharacters(one));
      expect(shown).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069\u200b\u2028\u2029]/u);
    }),
  );
  expect(hasHiddenCharacters('plain')).toBe(false);
});

test('a name from a provider does not turn the direction of the page (spoofing)', () => {
  expect(html`<p title="${'a\u202eb'}">${'Alice \u202e\u2066x'}</p>`.markup).toBe(
    '<p title="ab">Alice x</p>',
  );
});
