import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { html, keyOf, known, t } from './html.js';
import { languageOf, LANGUAGES } from './languages.js';

describe('the reader’s language', () => {
  test.each([
    [undefined, 'en'],
    ['', 'en'],
    ['de', 'de'],
    ['de-AT,de;q=0.9,en;q=0.8', 'de'],
    ['DE-ch', 'de'],
    ['en-GB,en;q=0.9,de;q=0.8', 'en'],
    ['fr-CH, fr;q=0.9, de;q=0.7, en;q=0.5', 'de'],
    ['fr', 'en'],
    ['*', 'en'],
    ['de;q=0', 'en'],
    ['de;q=2', 'en'],
    ['de;q=x', 'en'],
    ['de;q=0.5, en;q=0.5', 'de'],
    ['den', 'en'],
  ])('of Accept-Language: %s is %s', (accepted, language) => {
    expect(languageOf(accepted)).toBe(language);
  });

  test('is one of ours, whatever is written', () => {
    fc.assert(fc.property(fc.string(), (accepted) => LANGUAGES.includes(languageOf(accepted))));
  });
});

describe('a text', () => {
  const name = 'Alice & <b>Bob</b> {1}';
  const page = html`<p title="${name}">${t`Continue as ${name}?`}</p>`;

  test('is said in the reader’s language, with its values in their places', () => {
    expect(page.in('de')).toBe(
      '<p title="Alice &amp; &lt;b&gt;Bob&lt;/b&gt; {1}">Als Alice &amp; &lt;b&gt;Bob&lt;/b&gt; {1} fortfahren?</p>',
    );
    expect(page.markup).toContain('Continue as Alice &amp; &lt;b&gt;Bob&lt;/b&gt; {1}?');
  });

  test('that nobody has translated is said in English', () => {
    expect(t`An unlikely text of ${'x'}`.in('de')).toBe('An unlikely text of x');
  });

  test('has every white space of its source as one blank', () => {
    expect(keyOf(['a\n   b ', '\n c'])).toBe('a b {1} c');
  });

  test('attack: a value that is written like a place of another value, or like a text of ours, stays what it is (injection)', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        for (const language of LANGUAGES) {
          const expected = html`${one}|${other}`.in(language);
          const said = t`Unlikely: ${one}|${other}`.in(language);
          expect(said).toBe(`Unlikely: ${expected}`);
        }
      }),
    );
  });

  test('attack: words that come from elsewhere are text in every language (script injection)', () => {
    expect(known('<script>').in('de')).toBe('&lt;script&gt;');
    expect(known('read your profile').in('de')).toBe('Ihr Profil lesen');
    expect(known('constructor').in('de')).toBe('constructor');
  });
});
