import { describe, expect, test } from '@jest/globals';
import { isVisit } from './visit.js';

const visits = (headers: Readonly<Record<string, string>>, method = 'GET') => isVisit({ method, headers });

describe('somebody goes to the address', () => {
  test.each<[string, Record<string, string>]>([
    ['with a browser of today', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }],
    ['with a browser that says nothing of it', {}],
    ['with a program that does what a browser would', { 'sec-fetch-mode': 'cors' }],
    ['by a form', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-user': '?1' }],
  ])('%s', (_how, headers) => {
    expect(visits(headers)).toBe(true);
  });
});

describe('nobody does', () => {
  test.each<[string, Record<string, string>]>([
    ['a browser looks ahead', { 'sec-purpose': 'prefetch' }],
    ['a browser renders ahead', { 'sec-purpose': 'prefetch;prerender' }],
    ['a browser of some years ago looks ahead', { purpose: 'prefetch' }],
    ['Firefox of some years ago does', { 'x-moz': 'prefetch' }],
    ['Safari makes a preview', { 'x-purpose': 'preview' }],
    ['a page has it as an image', { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
    ['a script asks', { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
    ['a script of ours would', { 'sec-fetch-mode': 'same-origin' }],
    ['a page frames it', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
    ['a page embeds it', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'object' }],
  ])('%s', (_how, headers) => {
    expect(visits(headers)).toBe(false);
  });

  test('a scanner of links asks for the headers alone', () => {
    expect(visits({}, 'HEAD')).toBe(false);
  });
});
