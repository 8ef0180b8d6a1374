import { Injectable } from '@nestjs/common';
import type { AccountId, SessionId } from '@gatehouse/kernel/ids';
import { Database } from '@gatehouse/persistence/database';
import { columnsOf, type RowOf } from '@gatehouse/persistence/row-of';
import type { Session } from '../generated/client.js';

/** When a client is told again that could not be told; after the last of them it never is. */
const WAITS = ['0 seconds', '1 minute', '10 minutes', '1 hour'];
const TOLD = WAITS.length;

const FIELDS = ['tsid', 'accountId', 'clientId'] as const;

export type LogoutNotice = RowOf<Session, (typeof FIELDS)[number], { tsid: SessionId; accountId: AccountId }>;

/**
 * Sessions that were closed, and whose clients do not know it yet. What a client revoked itself it knows. The index has the same
 * conditions, as literals: sessions that have ended are kept for weeks.
 */
@Injectable()
export class LogoutNotices {
  constructor(private readonly database: Database) {}

  /** Those whose turn it is; each is taken by one replica, and comes again later unless it is {@link done}. */
  async take(limit: number): Promise<readonly LogoutNotice[]> {
    const { rows } = await this.database.query<LogoutNotice>({
      name: 'logout-notices-take',
      text: `update sessions set logout_tries = logout_tries + 1 where tsid in (
          select tsid from sessions
          where closed_at is not null and logout_tries < ${TOLD} and close_reason not in ('expired', 'revoked')
            and closed_at + ($2::text[])[logout_tries + 1]::interval <= now()
          order by closed_at desc limit $1 for update skip locked
        ) returning ${columnsOf(FIELDS)}`,
      values: [limit, WAITS],
    });
    return rows;
  }

  /** The client knows, or does not want to. */
  async done(tsid: SessionId): Promise<void> {
    await this.database.query({
      name: 'logout-notice-done',
      text: 'update sessions set logout_tries = $2 where tsid = $1',
      values: [tsid, TOLD],
    });
  }
}
