import type { UpstreamIdentity } from '@gatehouse/contracts/fields';
import type { AccountId, AttemptId } from '@gatehouse/kernel/ids';

const PREFIX = 'gatehouse:';

/**
 * The subject where nobody says who the person is: the account itself, or while it is unknown, the attempt. It is nobody
 * else's, so such a connection is never shared between accounts.
 */
export const accountBound = (accountId: AccountId | null, attemptId: AttemptId): UpstreamIdentity => ({
  subject: accountId === null ? `${PREFIX}attempt:${attemptId}` : `${PREFIX}account:${accountId}`,
});

/** Whether a subject says nothing about who the person is at the provider. */
export const isAccountBound = (subject: string): boolean => subject.startsWith(PREFIX);
