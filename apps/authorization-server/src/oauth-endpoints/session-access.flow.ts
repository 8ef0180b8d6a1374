import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { sha256 } from '@gatehouse/kernel/digest';
import type { AccountId, SessionId } from '@gatehouse/kernel/ids';
import { AuditLog } from '@gatehouse/observability/audit-log';
import { Log } from '@gatehouse/observability/log';
import { CONFIG } from '@gatehouse/service-process/injected';
import { errors } from 'oidc-provider';
import { administersWith } from '../client-terms/administering-client.js';
import { CloseSession } from '../sessions/close-session.flow.js';
import { Vault } from '../vault/vault.client.js';
import { asGrant } from './vault-refusals.js';

/** Whether the person of a session may still be signed in, by what the primary provider says of them now (docs/access.md). */
@Injectable()
export class SessionAccess {
  constructor(
    private readonly vault: Vault,
    private readonly closing: CloseSession,
    private readonly log: Log,
    private readonly audit: AuditLog,
    @Inject(CONFIG)
    private readonly config: Pick<
      AuthorizationServerPart,
      'access' | 'administration' | 'clientRegistration'
    >,
  ) {}

  isOnFor(clientId: string | undefined): boolean {
    return this.config.access !== undefined || administersWith(clientId, this.config);
  }

  /**
   * Of somebody for whom no session is open yet, and nobody stands at a browser.
   * @throws {errors.InvalidGrant} for who may not @throws {GatehouseError} when nobody can say
   */
  async checkAccount(accountId: AccountId, clientId: string): Promise<void> {
    if (this.config.access === undefined) return;
    const answer = await asGrant(() => this.vault.judge({ of: 'account', accountId }));
    if (answer.verdict === 'admitted') return;
    const { reference } = answer;
    this.log.info('assertion-not-admitted', { accountId, clientId, reference });
    this.audit.write('assertion-not-admitted', { subject: accountId, clientId, reference });
    throw new errors.InvalidGrant('the person may not sign in');
  }

  /**
   * Whoever may not any more is signed out: their access tokens are worth nothing from now on, and not when they expire.
   * @throws {errors.InvalidGrant} for them @throws {GatehouseError} when nobody can say
   */
  async check(tsid: SessionId, clientId: string | undefined): Promise<void> {
    if (!this.isOnFor(clientId)) return;
    const action = administersWith(clientId, this.config) ? ({ action: 'administer' } as const) : {};
    const answer = await this.vault.judge({ of: 'session', tsid, ...action });
    if (answer.verdict === 'admitted') return;
    const { reference } = answer;
    this.log.info('session-refused', { tsid, reference });
    this.audit.write('session-refused', { session: sha256(tsid), reference });
    // Its client may hear of it otherwise than by this refusal: a delegate may have asked.
    await this.closing.close(tsid, 'signed_out');
    throw new errors.InvalidGrant('the person may not be signed in any more');
  }
}
