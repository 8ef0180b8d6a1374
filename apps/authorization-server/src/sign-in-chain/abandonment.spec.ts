import { expect, test } from '@jest/globals';
import { legRefusal } from '@gatehouse/contracts/token-vault/connection-complete';
import { abandonmentOf } from './abandonment.js';

test.each([
  ['denied', 'access_denied'],
  ['identity_taken', 'access_denied'],
  ['provider_unavailable', 'temporarily_unavailable'],
  ['provider_error', 'server_error'],
  ['invalid_response', 'server_error'],
] as const)(
  'a user who gives up because of %s: the client is told %s, and which provider',
  (reason, refusal) => {
    const told = abandonmentOf({ legs: { mail: { kind: 'skipped' }, octo: { kind: 'failed', reason } } });
    expect(told.refusal).toBe(refusal);
    expect(told.description).toMatch(/^octo: /);
  },
);

test('every reason has an error of RFC 6749, section 4.1.2.1', () => {
  for (const reason of [...legRefusal.options, 'identity_taken'] as const)
    expect(abandonmentOf({ legs: { octo: { kind: 'failed', reason } } }).refusal).toMatch(
      /^(access_denied|temporarily_unavailable|server_error)$/,
    );
});

test('a user who gives up before any provider failed has not approved', () => {
  expect(abandonmentOf({ legs: { octo: { kind: 'done', identity: { subject: 'one' } } } }).refusal).toBe(
    'access_denied',
  );
});
