import { newAccountId, newSessionId, type AccountId } from '@gatehouse/kernel/ids';
import { sha256 } from '@gatehouse/kernel/digest';
import fc from 'fast-check';
import type { AttemptState, ConnectState, LegOutcome, SignInState } from '../attempts/attempt.js';

export const PRIMARY = 'acme-sso';
export const PROVIDERS = [PRIMARY, 'octo', 'mail'] as const;
export const ACCOUNTS = [newAccountId(), newAccountId(), newAccountId()] as const;

export const provider = fc.constantFrom(...PROVIDERS);
export const account = fc.constantFrom<AccountId>(...ACCOUNTS);
export const identity = fc.record({ subject: fc.constantFrom('one', 'two', 'three') });

export const outcome = fc.oneof(
  identity.map((who): LegOutcome => ({ kind: 'done', identity: who })),
  fc
    .constantFrom('denied' as const, 'provider_unavailable' as const, 'identity_taken' as const)
    .map((reason): LegOutcome => ({ kind: 'failed', reason })),
  fc.constant<LegOutcome>({ kind: 'skipped' }),
);

const BROWSER = sha256('a browser');
const shared = {
  browserBinding: fc.constant(BROWSER),
  legs: fc.dictionary(provider, outcome, { noNullPrototype: true }),
  fresh: fc.subarray([...PROVIDERS]),
};
const person = fc.record({ accountId: account, isNew: fc.boolean() });

export const signInState: fc.Arbitrary<SignInState> = fc.record(
  {
    ...shared,
    kind: fc.constant('sign-in' as const),
    clientId: fc.constantFrom('client-1', 'client-2'),
    tsid: fc.constant(newSessionId()),
    reuseConfirmed: fc.boolean(),
    person,
    approvedAs: fc.constantFrom(sha256('what was shown'), sha256('something else')),
  },
  { requiredKeys: ['kind', 'browserBinding', 'legs', 'fresh', 'clientId', 'tsid', 'reuseConfirmed'] },
);

export const connectState: fc.Arbitrary<ConnectState> = fc.record(
  {
    ...shared,
    kind: fc.constant('connect' as const),
    adopted: fc.boolean(),
    person,
    provider,
    expectedAccountId: account,
  },
  { requiredKeys: ['kind', 'browserBinding', 'legs', 'fresh', 'adopted'] },
);

export const attemptState: fc.Arbitrary<AttemptState> = fc.oneof(signInState, connectState);
