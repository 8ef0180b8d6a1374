import { Inject, Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Log } from '@gatehouse/observability/log';
import { AccountStore, type ProvenIdentity } from '../accounts/account.store.js';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { ApprovalStore } from '../consent/approval.store.js';
import type { AuthorizationRequest } from '../oauth-endpoints/authorization-requests.flow.js';
import type { AccountId } from '@gatehouse/kernel/ids';
import { LostAnswers } from '../refresh-tokens/lost-answers.flow.js';
import { SessionStore } from '../sessions/session.store.js';
import type { LegOutcome } from '../attempts/attempt.js';
import type { Situation } from './sign-in-steps.flow.js';
import { Vault } from '../vault/vault.client.js';

export type Completion =
  | { readonly kind: 'completed'; readonly accountId: AccountId }
  | { readonly kind: 'identity_taken'; readonly provider: string }
  /** What the vault holds of a leg is not what was recorded: two answers raced, or it was given back meanwhile. */
  | { readonly kind: 'leg_lost'; readonly provider: string }
  /** A connection that was to be used again has gone since it was listed: the chain is looked at anew. */
  | { readonly kind: 'reconsider' };

/** Ends a sign-in. Every step gives the same result when it is done again, so a reload or a second tab is harmless. */
@Injectable()
export class CompleteSignIn {
  constructor(
    private readonly accounts: AccountStore,
    private readonly approvals: ApprovalStore,
    private readonly sessions: SessionStore,
    private readonly lostAnswers: LostAnswers,
    private readonly vault: Vault,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {}

  async complete(
    request: AuthorizationRequest,
    situation: Situation,
    providers: readonly string[],
  ): Promise<Completion> {
    const { id, state } = situation.attempt;
    if (state.person === undefined)
      throw new GatehouseError('internal', 'a chain completed without an account');
    const proven = provenIdentities(state.legs);
    const primary = proven.find(({ provider }) => provider === this.config.primaryUpstreamProvider);
    const settled = await this.accounts.settle({
      ...state.person,
      ...(primary === undefined ? {} : { primary }),
      others: proven.filter((one) => one !== primary),
    });
    if (settled.kind === 'identity_taken') return settled;
    const { accountId } = settled;
    const missing = await this.#openInVault(situation, accountId, providers);
    if (missing !== undefined) return missing;
    const { clientId, name: clientName } = request.client;
    const session = { tsid: state.tsid, accountId, clientId, clientName };
    await this.sessions.open(session, this.config.tokenLifespans);
    await this.lostAnswers.signedInAgain(session);
    const { fingerprint } = situation;
    if (state.approvedAs === fingerprint) await this.approvals.approve(accountId, clientId, fingerprint);
    this.log.info('sign-in-completed', {
      attemptId: id,
      tsid: state.tsid,
      accountId,
      clientId,
      providers: providers.join(' '),
    });
    return { kind: 'completed', accountId };
  }

  /** @returns what stands in the way; `undefined` when the session is open. */
  async #openInVault(
    { attempt: { id, state } }: Situation,
    accountId: AccountId,
    providers: readonly string[],
  ): Promise<Completion | undefined> {
    const subjects = Object.fromEntries(
      provenIdentities(state.legs).map(({ provider, identity }) => [provider, identity.subject]),
    );
    try {
      const { tsid } = state;
      await this.vault.openSession({ attemptId: id, tsid, accountId, providers: [...providers], subjects });
      return undefined;
    } catch (error) {
      if (!(error instanceof GatehouseError) || error.code !== 'connection_missing') throw error;
      const provider = error.details['provider'];
      return typeof provider === 'string' && subjects[provider] !== undefined
        ? { kind: 'leg_lost', provider }
        : { kind: 'reconsider' };
    }
  }
}

const provenIdentities = (legs: Readonly<Record<string, LegOutcome>>): readonly ProvenIdentity[] =>
  Object.entries(legs).flatMap(([provider, outcome]) =>
    outcome.kind === 'done' ? [{ provider, identity: outcome.identity }] : [],
  );
