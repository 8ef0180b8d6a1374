import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '@gatehouse/kernel/clock';
import type { AccountId } from '@gatehouse/kernel/ids';
import { CLOCK } from '@gatehouse/service-process/injected';
import { Rows } from '../rows/rows.store.js';

/** The clients that each account has approved. A proxy with static client ids at its providers must keep them (MCP, security best practices). */
@Injectable()
export class ApprovalStore {
  constructor(
    private readonly rows: Rows,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Whether the account approved this client as it is now. A client with new redirect URIs or scopes needs a new approval. */
  async isApproved(accountId: AccountId, clientId: string, fingerprint: string): Promise<boolean> {
    const row = await this.rows.approval.findUnique({
      where: { accountId_clientId: { accountId, clientId } },
    });
    return row?.fingerprint === fingerprint;
  }

  async approve(accountId: AccountId, clientId: string, fingerprint: string): Promise<void> {
    await this.rows.approval.upsert({
      where: { accountId_clientId: { accountId, clientId } },
      create: { accountId, clientId, fingerprint },
      update: { fingerprint, approvedAt: new Date(this.clock.nowMs()) },
    });
  }
}
