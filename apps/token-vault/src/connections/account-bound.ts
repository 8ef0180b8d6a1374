import type { UpstreamIdentity } from '@gatehouse/contracts/fields';
import type { AccountId, AttemptId } from '@gatehouse/kernel/ids';

const PREFIX = 'gatehouse:';
const ACCOUNT = `${PREFIX}account:`;

/**
 * The subject where nobody says who the person is: the account itself, or while it is unknown, the attempt. It is nobody
 * else's, so such a connection is never shared between accounts.
 */
export const accountBound = (accountId: AccountId | null, attemptId: AttemptId): UpstreamIdentity => ({
  subject: accountId === null ? `${PREFIX}attempt:${attemptId}` : `${ACCOUNT}${accountId}`,
});

/** Whether a subject says nothing about who the person is at the provider. */
export const isAccountBound = (subject: string): boolean => subject.startsWith(PREFIX);

/** Subjects that may be the same person at the provider, as a database can compare them. */
export interface PossiblySame {
  readonly subject: string;
  /** Every subject that begins so says nothing about who the person is: it may be anybody. */
  readonly unknown: string;
  /** This one says nothing either. */
  readonly anybody: boolean;
  /** The account that it is of, if nothing else is known. */
  readonly accountId: string | null;
}

export const possiblySame = (subject: string): PossiblySame => ({
  subject,
  unknown: PREFIX,
  anybody: isAccountBound(subject),
  accountId: subject.startsWith(ACCOUNT) ? subject.slice(ACCOUNT.length) : null,
});
