import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { prefersPage } from './prefers-page.js';

test.each([
  ['text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8', true],
  ['text/html', true],
  ['TEXT/HTML; charset=utf-8', true],
  ['application/xhtml+xml', true],
  ['application/json;q=0.5, text/html;q=0.9', true],
  [undefined, false],
  ['', false],
  ['*/*', false],
  ['text/*', false],
  ['application/json', false],
  ['application/json, text/event-stream', false],
  ['application/json, text/html;q=0.5', false],
  ['application/problem+json, text/html;q=0.1', false],
  ['text/html;q=0', false],
  ['text/html;q=x', false],
  ['text/html;q=-1', false],
])('Accept: %s: a page is preferred: %p', (accept, page) => {
  expect(prefersPage(accept)).toBe(page);
});

test('whatever is written there, there is a decision', () => {
  fc.assert(fc.property(fc.string(), (accept) => typeof prefersPage(accept) === 'boolean'));
});
