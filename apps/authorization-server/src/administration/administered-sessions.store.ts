import { Injectable } from '@nestjs/common';
import { Database } from '@gatehouse/persistence/database';
import { sha256 } from '@gatehouse/kernel/digest';
import type { z } from 'zod';
import type { session } from './shapes.js';

type Session = z.input<typeof session>;

interface SessionRow {
  readonly tsid: string;
  readonly accountId: string;
  readonly clientId: string;
  readonly clientName: string;
  readonly openedAt: Date;
  readonly usedAt: Date;
  readonly expiresAt: Date;
  readonly closedAt: Date | null;
  readonly closeReason: string | null;
}

const COLUMNS = `tsid, account_id as "accountId", client_id as "clientId", client_name as "clientName", opened_at as "openedAt",
  used_at as "usedAt", expires_at as "expiresAt", closed_at as "closedAt", close_reason as "closeReason"`;
const IS_OPEN = 'closed_at is null and expires_at > now()';
/** Nobody is shown the session itself: whoever has it can ask for its credentials on the bus. */
const DIGEST = `encode(sha256(convert_to(tsid::text, 'UTF8')), 'hex')`;

function plain({ tsid, accountId, clientId, clientName, closeReason, ...times }: SessionRow): Session {
  const audited = sha256(tsid);
  return {
    session: Buffer.from(audited, 'base64url').toString('hex'),
    audited,
    account: accountId,
    client: { id: clientId, name: clientName },
    openedAt: times.openedAt.toISOString(),
    usedAt: times.usedAt.toISOString(),
    expiresAt: times.expiresAt.toISOString(),
    closedAt: times.closedAt?.toISOString() ?? null,
    closeReason,
  };
}

interface Wanted {
  readonly limit: number;
  readonly after?: string | undefined;
  readonly account?: string | undefined;
}

/** Sessions, as an administrator sees them. */
@Injectable()
export class AdministeredSessions {
  constructor(private readonly database: Database) {}

  /** Open ones; one more than `limit`, if there is one. */
  async list({ limit, after, account }: Wanted): Promise<readonly Session[]> {
    const { rows } = await this.database.query<SessionRow>({
      name: 'administration-sessions',
      text: `select ${COLUMNS} from sessions
        where ${IS_OPEN} and ($2::text is null or ${DIGEST} > $2 collate "C") and ($3::uuid is null or account_id = $3)
        order by ${DIGEST} collate "C" limit $1`,
      values: [limit + 1, after ?? null, account ?? null],
    });
    return rows.map(plain);
  }

  /** All that are kept of an account, open or not. */
  async ofAccount(account: string): Promise<Session[]> {
    const { rows } = await this.database.query<SessionRow>({
      name: 'administration-sessions-of-account',
      text: `select ${COLUMNS} from sessions where account_id = $1 order by opened_at, tsid`,
      values: [account],
    });
    return rows.map(plain);
  }

  async find(digest: string): Promise<{ readonly tsid: string; readonly session: Session } | undefined> {
    const { rows } = await this.database.query<SessionRow>({
      name: 'administration-session',
      text: `select ${COLUMNS} from sessions where ${DIGEST} = $1`,
      values: [digest],
    });
    return rows.map((row) => ({ tsid: row.tsid, session: plain(row) }))[0];
  }

  /** Ids of what has not ended of an account. */
  async unclosed(account: string): Promise<readonly string[]> {
    const { rows } = await this.database.query<{ readonly tsid: string }>({
      name: 'administration-sessions-unclosed',
      text: 'select tsid from sessions where closed_at is null and account_id = $1',
      values: [account],
    });
    return rows.map(({ tsid }) => tsid);
  }
}
