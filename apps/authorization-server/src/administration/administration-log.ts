import { Injectable } from '@nestjs/common';
import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { AuditLog } from '@gatehouse/observability/audit-log';
import { Log } from '@gatehouse/observability/log';

/** What is written of the API's requests. */
@Injectable()
export class AdministrationLog {
  constructor(
    private readonly log: Log,
    private readonly audit: AuditLog,
  ) {}

  acted({
    act,
    administrator: clientId,
    status,
    account: subject,
    session,
    client,
    provider,
  }: Readonly<Record<string, string | number>> & { readonly act: string }): void {
    this.audit.write('administered', { act, clientId, status, subject, session, client, provider });
  }

  /** Anybody can cause it who reaches the listener. */
  refused(reason: string, clientId: string | undefined): void {
    this.audit.writePaced('administration-refused', { reason, clientId });
  }

  failed(error: GatehouseError, reference: string | undefined): void {
    this.log.failure('administration-failed', error, { reference });
  }
}
