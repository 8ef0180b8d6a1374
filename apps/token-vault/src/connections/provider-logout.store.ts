import { Injectable } from '@nestjs/common';
import type { AccountId, AttemptId, SessionId } from '@gatehouse/kernel/ids';
import { Database, type Queries, type Statement } from '@gatehouse/persistence/database';
import type { NamedByLogout } from '../providers/logout-token.js';

/** A person has one account, and one connection to a provider. Whoever connects one subject from many accounts waits for the retry. */
const MAX_ACCOUNTS = 100;
const MAX_SESSIONS = 5_000;

export interface NamedSession {
  readonly tsid: SessionId;
  readonly accountId: AccountId;
}

/**
 * What a logout token of a provider names: with a `sid` what was signed in in that session there, else all of the subject (OpenID
 * Connect Back-Channel Logout 1.0, section 2.6). What may have been signed in in it, since no id_token named a session, counts as well:
 * else such a logout would end nothing, and be answered as if it had. Only what the provider had signed in before it issued the token counts, by the
 * provider's own clock: an old token ends no newer sign-in.
 */
@Injectable()
export class ProviderLogoutStore {
  constructor(private readonly database: Database) {}

  /** Accounts whose connection it names. @param queries of a transaction that holds one of them, to look again */
  async accounts(
    named: NamedByLogout,
    queries: Pick<Queries, 'query'> = this.database,
  ): Promise<readonly AccountId[]> {
    const { rows } = await queries.query<{ accountId: AccountId }>(
      byNamed(named, {
        name: 'logout-accounts',
        text: 'select account_id as "accountId" from connections',
        provider: 'provider',
        subject: 'subject',
        signedInAt: 'coalesce(signed_in_at, connected_at)',
        limit: MAX_ACCOUNTS,
      }),
    );
    return rows.map(({ accountId }) => accountId);
  }

  /** Attempts in which somebody has signed in there, and has not ended the sign-in here. */
  async attempts(named: NamedByLogout): Promise<readonly AttemptId[]> {
    const { rows } = await this.database.query<{ attemptId: AttemptId }>(
      byNamed(named, {
        name: 'logout-attempts',
        text: 'select attempt_id as "attemptId" from staged_connections',
        provider: "state = 'validated' and provider",
        subject: 'subject',
        signedInAt: 'coalesce(signed_in_at, access_obtained_at)',
        limit: MAX_ACCOUNTS,
      }),
    );
    return rows.map(({ attemptId }) => attemptId);
  }

  /** Open sessions that were signed in through it, whatever became of the connection. */
  async sessions(named: NamedByLogout): Promise<readonly NamedSession[]> {
    const { rows } = await this.database.query<NamedSession>(
      byNamed(named, {
        name: 'logout-sessions',
        text: 'select tsid, account_id as "accountId" from sessions',
        provider: 'closed_at is null and primary_provider',
        subject: 'primary_subject',
        signedInAt: 'signed_in_at',
        limit: MAX_SESSIONS,
      }),
    );
    return rows;
  }
}

interface Search {
  readonly name: string;
  readonly text: string;
  readonly provider: string;
  readonly subject: string;
  readonly signedInAt: string;
  readonly limit: number;
}

/** Each has its index. A token that says both has to be right about both. */
function byNamed(
  { provider, subject, providerSession, issuedAtMs }: NamedByLogout,
  search: Search,
): Statement {
  const { name, text, limit } = search;
  const common = `${text} where ${search.provider} = $1 and ${search.signedInAt} <= $2`;
  const before = new Date(issuedAtMs);
  return providerSession === undefined
    ? {
        name: `${name}-of-subject`,
        text: `${common} and ${search.subject} = $3 limit ${limit}`,
        values: [provider, before, subject],
      }
    : {
        name: `${name}-of-session`,
        text: `${common} and provider_session = $3 and ($4::text is null or ${search.subject} = $4)
          union ${common} and provider_session is null and ${search.subject} = $4 limit ${limit}`,
        values: [provider, before, providerSession, subject ?? null],
      };
}
