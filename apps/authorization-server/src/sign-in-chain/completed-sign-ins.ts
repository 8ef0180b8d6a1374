import { Injectable } from '@nestjs/common';
import type { AccountId, SessionId } from '@gatehouse/kernel/ids';
import { AuditLog } from '@gatehouse/observability/audit-log';
import { Log } from '@gatehouse/observability/log';
import { sha256 } from '@gatehouse/kernel/digest';

interface CompletedSignIn {
  readonly attemptId: string;
  readonly tsid: SessionId;
  readonly accountId: AccountId;
  readonly clientId: string;
  readonly providers: readonly string[];
}

/** Tells operators of sign-ins that are complete. */
@Injectable()
export class CompletedSignIns {
  constructor(
    private readonly log: Log,
    private readonly audit: AuditLog,
  ) {}

  tell({ attemptId, tsid, accountId, clientId, providers }: CompletedSignIn): void {
    const names = providers.join(' ');
    this.log.info('sign-in-completed', { attemptId, tsid, accountId, clientId, providers: names });
    const session = sha256(tsid);
    this.audit.write('sign-in-completed', { subject: accountId, clientId, session, providers: names });
  }
}
