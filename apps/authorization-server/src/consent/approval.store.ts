import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '@gatehouse/kernel/clock';
import type { AccountId } from '@gatehouse/kernel/ids';
import { Database } from '@gatehouse/persistence/database';
import { CLOCK } from '@gatehouse/service-process/injected';
import type { OpenSession } from '../sessions/session.store.js';
import { Rows } from '../rows/rows.store.js';

/** The clients that each account has approved. A proxy with static client ids at its providers must keep them (MCP, security best practices). */
@Injectable()
export class ApprovalStore {
  constructor(
    private readonly rows: Rows,
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Whether the account approved this client as it is now. A client with new redirect URIs or scopes needs a new approval. */
  async isApproved(accountId: AccountId, clientId: string, fingerprint: string): Promise<boolean> {
    const row = await this.rows.approval.findUnique({
      where: { accountId_clientId: { accountId, clientId } },
    });
    return row?.fingerprint === fingerprint;
  }

  /**
   * Writes it while the session that it opened is open. A client can be deleted at that moment: its sessions end, and then its approvals
   * go (`DeleteClient`). The session stays as it is until the approval is there.
   */
  async approve(
    { tsid, accountId, clientId }: Pick<OpenSession, 'tsid' | 'accountId' | 'clientId'>,
    fingerprint: string,
  ): Promise<void> {
    await this.database.query({
      name: 'approval-write',
      text: `with open as (
          select tsid from sessions where tsid = $1 and account_id = $2 and client_id = $3 and closed_at is null for share
        )
        insert into approvals (account_id, client_id, fingerprint, approved_at)
        select $2::uuid, $3::text, $4::text, $5::timestamptz where exists (select from open)
        on conflict (account_id, client_id) do update set fingerprint = excluded.fingerprint, approved_at = excluded.approved_at`,
      values: [tsid, accountId, clientId, fingerprint, new Date(this.clock.nowMs())],
    });
  }
}
