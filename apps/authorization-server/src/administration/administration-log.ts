import { Injectable } from '@nestjs/common';
import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { AuditLog } from '@gatehouse/observability/audit-log';
import { Log } from '@gatehouse/observability/log';

interface Act {
  readonly act: string;
  readonly administrator: { readonly clientId: string; readonly account?: string };
  readonly status: number;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** What is written of the API's requests. */
@Injectable()
export class AdministrationLog {
  constructor(
    private readonly log: Log,
    private readonly audit: AuditLog,
  ) {}

  /** @param about what the operation was asked about, once it is known to be in order */
  acted(
    { act, administrator: { clientId, account: administrator }, status }: Act,
    { account, session, client, provider, limits }: Readonly<Record<string, unknown>>,
  ): void {
    this.audit.write('administered', {
      act,
      clientId,
      // A person, by their account.
      administrator,
      status,
      subject: text(account),
      // As the other lines about it have it.
      session: typeof session === 'string' ? Buffer.from(session, 'hex').toString('base64url') : undefined,
      client: text(client),
      provider: text(provider),
      // What was set: its names are those of the configuration.
      limits: limits !== undefined && status < 300 ? JSON.stringify(limits) : undefined,
    });
  }

  /** Anybody can cause it who reaches the listener. */
  refused(reason: string, clientId: string | undefined): void {
    this.audit.writePaced('administration-refused', { reason, clientId });
  }

  failed(error: GatehouseError, reference: string | undefined): void {
    this.log.failure('administration-failed', error, { reference });
  }
}
