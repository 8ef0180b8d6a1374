import { expect, test } from '@jest/globals';
import { basePathOf, belowBase } from './public-paths.js';

test.each([
  ['https://example.org', ''],
  ['https://example.org/', ''],
  ['https://example.org/tools/gatehouse', '/tools/gatehouse'],
])('the base path of %s is %p', (url, path) => {
  expect(basePathOf(url)).toBe(path);
});

test.each([
  // A proxy that keeps the path, and one that takes it off.
  ['/gatehouse', '/gatehouse/oauth/token?a=b', '/oauth/token?a=b'],
  ['/gatehouse', '/oauth/token?a=b', '/oauth/token?a=b'],
  ['/gatehouse', '/gatehouse', '/'],
  ['/gatehouse', '/gatehouse?a', '/?a'],
  ['/gatehouse', '/gatehousex/oauth', '/gatehousex/oauth'],
  ['', '/oauth/token', '/oauth/token'],
])('below %p, %s is %s', (base, asked, route) => {
  expect(belowBase(base, asked)).toBe(route);
});
