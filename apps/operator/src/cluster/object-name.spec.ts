import { expect, test } from '@jest/globals';
import { isObjectName } from './object-name.js';

test.each(['a', 'provider-secrets', 'a.b-c.9', 'x'.repeat(253)])('%s is a name', (name) => {
  expect(isObjectName(name)).toBe(true);
});

test.each([
  '',
  '.',
  '..',
  '../secrets/other',
  'a/b',
  'a,metadata.name=b',
  'A',
  'a..b',
  '-a',
  'a%2Fb',
  'a\nb',
  'x'.repeat(254),
])('attack: an object that is called %j leads to another address. It is not asked for', (name) => {
  expect(isObjectName(name)).toBe(false);
});
