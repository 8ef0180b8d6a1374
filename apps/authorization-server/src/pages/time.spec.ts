import { expect, test } from '@jest/globals';
import { time } from './time.js';

const NOW = Date.parse('2026-11-27T12:00:00Z');

test.each([
  ['2026-11-27T12:00:05Z', 'just now'],
  ['2026-11-27T11:59:01Z', 'just now'],
  ['2026-11-27T11:59:00Z', '1 minute ago'],
  ['2026-11-27T11:00:01Z', '59 minutes ago'],
  ['2026-11-27T11:00:00Z', '1 hour ago'],
  ['2026-11-26T12:00:01Z', '23 hours ago'],
  ['2026-11-25T11:00:00Z', '2 days ago'],
  ['2026-10-28T12:00:01Z', '29 days ago'],
  ['2026-10-28T12:00:00Z', 'on 2026-10-28'],
])('%s is %s', (at, said) => {
  expect(time(Date.parse(at), NOW).markup).toContain(`>${said}</time>`);
});

test('the exact time stands beside it, for people and for programs', () => {
  expect(time(NOW - 5_000, NOW).markup).toBe(
    '<time datetime="2026-11-27T11:59:55.000Z" title="2026-11-27 11:59 UTC">just now</time>',
  );
});
