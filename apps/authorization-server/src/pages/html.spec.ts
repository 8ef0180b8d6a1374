import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { html } from './html.js';

test('no text leaves the place it was put in (script injection)', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const { markup } = html`<a title="${text}">${text}</a>`;
      expect(markup.slice('<a title="'.length, -'</a>'.length).replace('">', '')).not.toMatch(/[<>"']/);
    }),
  );
  expect(html`<p>${'<script>alert(1)</script>'}</p>`.markup).toBe(
    '<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>',
  );
});

test('lists, absent values and nested markup', () => {
  const items = ['a', 'b'].map((one) => html`<li>${one}</li>`);
  expect(html`${items}${undefined}${false}${3}`.markup).toBe('<li>a</li><li>b</li>3');
});
