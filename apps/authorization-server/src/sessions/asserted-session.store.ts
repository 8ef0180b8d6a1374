import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { SessionId } from '@gatehouse/kernel/ids';
import { Database } from '@gatehouse/persistence/database';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { OpenSession } from './session.store.js';

/** Whose session it is, and whose assertions go on with it. */
export interface AssertedSession extends OpenSession {
  /** The issuer. */
  readonly assertedBy: string;
}

interface Named {
  readonly tsid: SessionId;
}

/** $4: today's lifespan of a session. */
const LIVES = `expires_at > now() and opened_at + $4 * interval '1 ms' > now()`;

/** Sessions that no browser opened. Of one person, one client and one issuer there is one at a time. */
@Injectable()
export class AssertedSessionStore {
  constructor(
    private readonly database: Database,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'tokenLifespans'>,
  ) {}

  async find({
    accountId,
    clientId,
    assertedBy,
  }: Omit<AssertedSession, 'tsid' | 'clientName'>): Promise<SessionId | undefined> {
    const { rows } = await this.database.query<Named>({
      name: 'asserted-session-find',
      text: `select tsid from sessions where account_id = $1 and client_id = $2 and asserted_by = $3 and closed_at is null and ${LIVES}`,
      values: [accountId, clientId, assertedBy, this.config.tokenLifespans.sessionLifespanMs],
    });
    return rows[0]?.tsid;
  }

  /** @returns the one that there is: of two replicas that open it at once, one does. */
  async open({ tsid, accountId, clientId, clientName, assertedBy }: AssertedSession): Promise<SessionId> {
    const { refreshTokenLifespanMs, sessionLifespanMs } = this.config.tokenLifespans;
    await this.database.query({
      name: 'asserted-session-expire',
      text: `update sessions set closed_at = now(), close_reason = 'expired'
        where account_id = $1 and client_id = $2 and asserted_by = $3 and closed_at is null and not (${LIVES})`,
      values: [accountId, clientId, assertedBy, sessionLifespanMs],
    });
    const { rows } = await this.database.query<Named>({
      name: 'asserted-session-open',
      text: `insert into sessions (tsid, account_id, client_id, client_name, asserted_by, expires_at)
        values ($1, $2, $3, $4, $5, now() + $6 * interval '1 ms')
        on conflict (account_id, client_id, asserted_by) where closed_at is null and asserted_by is not null
        do update set client_name = excluded.client_name returning tsid`,
      values: [
        tsid,
        accountId,
        clientId,
        clientName,
        assertedBy,
        Math.min(refreshTokenLifespanMs, sessionLifespanMs),
      ],
    });
    return rows[0]?.tsid ?? tsid;
  }
}
