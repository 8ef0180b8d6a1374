import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { ErrorCode } from '@gatehouse/kernel/error-codes';
import { referenceOf } from '@gatehouse/kernel/failure-reference';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AccountId } from '@gatehouse/kernel/ids';
import { AuditLog } from '@gatehouse/observability/audit-log';
import { Log } from '@gatehouse/observability/log';
import { CONFIG } from '@gatehouse/service-process/injected';
import { Vault, type JudgedAs } from '../vault/vault.client.js';
import type { AttemptState, LegFailure, Refused } from './attempt.js';
import type { StoredAttempt } from './attempt.store.js';

export type Admission =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'refused'; readonly refused: Refused }
  /** Nobody knows, so that nobody is let in: it is as if the primary provider had failed. */
  | { readonly kind: 'unjudged'; readonly reason: LegFailure }
  /** What the vault has of the person says nothing any more: the primary provider has to be visited. */
  | { readonly kind: 'unknown' };

/** The connection is not there, or its provider wants the person themselves. */
const UNKNOWN: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['connection_missing', 'reauth_required']);
/** What the person is told where nobody can say. */
const REASONS: Partial<Readonly<Record<ErrorCode, LegFailure>>> = {
  provider_unavailable: 'provider_unavailable',
  deadline_exceeded: 'provider_unavailable',
  provider_misconfigured: 'invalid_response',
};

/** Asks the vault whether the person of an attempt may sign in (docs/access.md). Only an answer that says so lets them in. */
@Injectable()
export class AdmitPerson {
  constructor(
    private readonly vault: Vault,
    private readonly log: Log,
    private readonly audit: AuditLog,
    @Inject(CONFIG)
    private readonly config: Pick<AuthorizationServerPart, 'access' | 'primaryUpstreamProvider'>,
  ) {}

  /** Without policies everybody may sign in whom the primary provider lets in. */
  get isOn(): boolean {
    return this.config.access !== undefined;
  }

  /** @param name what the page calls the person */
  async judge({ id, state }: StoredAttempt, who: JudgedAs, name: string | undefined): Promise<Admission> {
    const { primaryUpstreamProvider: provider } = this.config;
    try {
      const answer = await this.vault.judge(who);
      if (answer.verdict === 'admitted') return { kind: 'admitted' };
      const { reference, reason } = answer;
      const about = { attemptId: id, provider, reference };
      this.log.info('sign-in-refused', about);
      this.audit.write('sign-in-refused', { ...about, ...subjectOf(who), clientId: clientOf(state) });
      const told = { ...(name === undefined ? {} : { name }), ...(reason === undefined ? {} : { reason }) };
      return { kind: 'refused', refused: { reference, ...told } };
    } catch (thrown) {
      const error = GatehouseError.from(thrown);
      const reason =
        UNKNOWN.has(error.code) && who.of === 'attempt' ? 'invalid_response' : REASONS[error.code];
      if (reason === undefined && !UNKNOWN.has(error.code)) throw error;
      const errorCode = error.code;
      this.log.warn('sign-in-not-judged', {
        attemptId: id,
        provider,
        errorCode,
        reference: referenceOf(error),
      });
      return reason === undefined ? { kind: 'unknown' } : { kind: 'unjudged', reason };
    }
  }
}

/** Of whoever has no account, the subject at the provider: an audit is of somebody. */
const subjectOf = (who: JudgedAs): { readonly subject?: AccountId; readonly upstreamSubject?: string } =>
  who.of === 'account'
    ? { subject: who.accountId }
    : who.of === 'attempt'
      ? { upstreamSubject: who.subject }
      : {};

const clientOf = (state: AttemptState): string | undefined =>
  state.kind === 'sign-in' ? state.clientId : undefined;
