import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { SignInState } from '../attempts/attempt.js';
import type { StoredAttempt } from '../attempts/attempt.store.js';
import { ApprovalStore } from '../consent/approval.store.js';
import type { AuthorizationRequest } from '../oauth-endpoints/authorization-requests.flow.js';
import { Vault } from '../vault/vault.client.js';
import { nextStep, type Step } from './next-step.js';
import { approvalOf, chainOf } from './approval-of.js';
import { SignInAttempts } from './sign-in-attempts.flow.js';

export interface Situation {
  readonly attempt: StoredAttempt<SignInState>;
  readonly step: Step;
  /** Stands for what the user approves. */
  readonly fingerprint: string;
}

/** Reads everything that the next step depends on, and asks the pure decision. */
@Injectable()
export class SignInSteps {
  constructor(
    private readonly attempts: SignInAttempts,
    private readonly approvals: ApprovalStore,
    private readonly vault: Vault,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {}

  async situationOf(request: AuthorizationRequest): Promise<Situation> {
    const attempt = await this.attempts.of(request);
    const fingerprint = approvalOf(request, this.config);
    const { clientId, assured } = request.client;
    const person = knownPerson(attempt.state);
    const [connections, approvedBefore] =
      person === undefined
        ? [[], false]
        : await Promise.all([
            this.vault.connections(person),
            this.approvals.isApproved(person, clientId, fingerprint),
          ]);
    const { primaryUpstreamProvider: primary } = this.config;
    const mustVisit = attempt.state.mustVisitPrimary === true ? primary : undefined;
    const live = connections.filter(({ state, provider }) => state === 'live' && provider !== mustVisit);
    const step = nextStep(attempt.state, {
      primaryProvider: primary,
      providers: chainOf(request, this.config),
      reuse: this.config.connectionReuse,
      liveConnections: new Set(live.map(({ provider }) => provider)),
      fingerprint,
      approvedBefore,
      clientAssured: assured,
    });
    return { attempt, step, fingerprint };
  }
}

/** @returns the account that a sign-in is for, once it is known and written. */
export const knownPerson = ({ person }: SignInState) =>
  person === undefined || person.isNew ? undefined : person.accountId;
