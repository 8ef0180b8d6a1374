import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { Secret } from './secret.js';

test('a secret that reaches a log, a template or JSON prints [redacted]', () => {
  const secret = new Secret('hunter2');
  const nested = { secret };
  expect(
    [String(secret), JSON.stringify(nested), inspect(nested), inspect(secret, { showHidden: true })].join(
      ' ',
    ),
  ).not.toContain('hunter2');
  expect(secret.reveal()).toBe('hunter2');
});
