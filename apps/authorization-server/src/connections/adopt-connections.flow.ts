import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AccountId, AttemptId } from '@gatehouse/kernel/ids';
import { AccountStore } from '../accounts/account.store.js';
import { CONFIG } from '@gatehouse/service-process/injected';
import { AdmitPerson } from '../attempts/admit-person.flow.js';
import type { ConnectState, LegFailure, Refused } from '../attempts/attempt.js';
import { AttemptStore, type StoredAttempt } from '../attempts/attempt.store.js';
import { failed } from '../attempts/decisions.js';
import { provenIdentities } from '../attempts/proven-identities.js';
import { Vault } from '../vault/vault.client.js';

export type Adoption =
  | 'adopted'
  /** Only the first time signs the browser in. Going back in the history after signing out does not. */
  | 'adopted_before'
  | 'leg_failed'
  /** The person may not sign in (docs/access.md), and nothing was written. */
  | Refused;

/** Links the identities that were proven to the account, and makes their connections usable. Doing it again changes nothing. */
@Injectable()
export class AdoptConnections {
  constructor(
    private readonly attempts: AttemptStore,
    private readonly accounts: AccountStore,
    private readonly vault: Vault,
    private readonly admission: AdmitPerson,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'primaryUpstreamProvider'>,
  ) {}

  async adopt(attempt: StoredAttempt<ConnectState>, accountId: AccountId): Promise<Adoption> {
    const { id, state } = attempt;
    if (state.adopted) return 'adopted_before';
    const stopped = await this.#stopped(attempt);
    if (stopped !== undefined) return stopped;
    const proven = provenIdentities(state.legs);
    const settled = await this.accounts.settle({ accountId, isNew: false, others: proven });
    if (settled.kind === 'identity_taken')
      return await this.#legFailed(id, settled.provider, 'identity_taken');
    for (const { provider, identity } of proven)
      if (!(await this.#adoptOne({ attemptId: id, accountId, provider, subject: identity.subject })))
        return await this.#legFailed(id, provider, 'invalid_response');
    await this.attempts.change(id, (latest) =>
      latest.kind === 'connect' ? { ...latest, adopted: true } : latest,
    );
    return 'adopted';
  }

  /** Whoever signs the browser in is judged. A browser that is signed in was judged then. */
  async #stopped(attempt: StoredAttempt<ConnectState>): Promise<Refused | 'leg_failed' | undefined> {
    const { primaryUpstreamProvider: primary } = this.config;
    const leg = attempt.state.legs[primary];
    if (!this.admission.isOn || leg?.kind !== 'done') return undefined;
    const { subject, email, name } = leg.identity;
    const who = { of: 'attempt', attemptId: attempt.id, subject } as const;
    const admission = await this.admission.judge(attempt, who, email ?? name);
    switch (admission.kind) {
      case 'admitted':
        return undefined;
      case 'refused':
        return admission.refused;
      case 'unjudged':
        return await this.#legFailed(attempt.id, primary, admission.reason);
      case 'unknown':
        return await this.#legFailed(attempt.id, primary, 'invalid_response');
    }
  }

  /** @returns false when the vault's result of the leg cannot be used. */
  async #adoptOne(leg: Parameters<Vault['adopt']>[0]): Promise<boolean> {
    try {
      await this.vault.adopt(leg);
      return true;
    } catch (error) {
      if (error instanceof GatehouseError && error.code === 'connection_missing') return false;
      throw error;
    }
  }

  async #legFailed(id: AttemptId, provider: string, reason: LegFailure): Promise<'leg_failed'> {
    await this.attempts.change(id, (latest) => failed(latest, provider, reason));
    return 'leg_failed';
  }
}
