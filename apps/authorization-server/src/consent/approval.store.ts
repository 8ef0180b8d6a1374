import { Injectable } from '@nestjs/common';
import type { AccountId } from '@gatehouse/kernel/ids';
import { Rows } from '../rows/rows.store.js';

/** The registry of approved clients per user that a proxy with static upstream client ids must keep (MCP, security best practices). */
@Injectable()
export class ApprovalStore {
  constructor(private readonly rows: Rows) {}

  /** Whether the account approved this client as it is now; a client with new redirect URIs or scopes is asked about again. */
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
      update: { fingerprint, approvedAt: new Date() },
    });
  }
}
