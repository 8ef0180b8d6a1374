import { Inject, Injectable } from '@nestjs/common';
import { newAttemptId, newSessionId } from '@gatehouse/kernel/ids';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Log } from '@gatehouse/observability/log';
import { AccountStore } from '../accounts/account.store.js';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { ApprovalStore } from '../consent/approval.store.js';
import { fingerprintOf } from '../consent/fingerprint.js';
import type { AuthorizationRequest } from '../oauth-endpoints/authorization-requests.flow.js';
import { ATTEMPT_TTL_MS, type SignInState } from '../attempts/attempt.js';
import { AttemptStore, type StoredAttempt } from '../attempts/attempt.store.js';
import { nextStep, type Step } from './next-step.js';
import { Vault } from '../vault/vault.client.js';

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
    private readonly attempts: AttemptStore,
    private readonly accounts: AccountStore,
    private readonly approvals: ApprovalStore,
    private readonly vault: Vault,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {}

  async attemptOf(request: AuthorizationRequest): Promise<StoredAttempt<SignInState>> {
    const known = await this.attempts.forInteraction(request.uid);
    if (known !== undefined) return ofBrowser(known, request);
    const account =
      request.browserAccountId === undefined ? undefined : await this.accounts.find(request.browserAccountId);
    const id = newAttemptId();
    const made = await this.attempts.ensure(
      id,
      request.uid,
      initialState(request, account?.accountId, this.config),
      ATTEMPT_TTL_MS,
    );
    if (made.id === id)
      this.log.info('sign-in-started', {
        attemptId: id,
        clientId: request.client.clientId,
        accountId: account?.accountId,
      });
    return ofBrowser(made, request);
  }

  async situationOf(request: AuthorizationRequest): Promise<Situation> {
    const attempt = await this.attemptOf(request);
    const { person } = attempt.state;
    const fingerprint = this.fingerprintOf(request);
    const known = person === undefined || person.isNew ? undefined : person.accountId;
    const [connections, approvedBefore] =
      known === undefined
        ? [[], false]
        : await Promise.all([
            this.vault.connections(known),
            this.approvals.isApproved(known, request.client.clientId, fingerprint),
          ]);
    const step = nextStep(attempt.state, {
      primaryProvider: this.config.primaryUpstreamProvider,
      providers: this.config.upstreamProviders,
      reuse: this.config.connectionReuse,
      liveConnections: new Set(
        connections.filter(({ state }) => state === 'live').map(({ provider }) => provider),
      ),
      fingerprint,
      approvedBefore,
      clientAssured: request.client.assured,
    });
    return { attempt, step, fingerprint };
  }

  /** Stands for what the approval page would show now. */
  fingerprintOf({ client, redirectUri, scopes }: AuthorizationRequest): string {
    return fingerprintOf({
      clientId: client.clientId,
      clientName: client.name,
      redirectUri,
      redirectUris: client.redirectUris,
      scopes,
      providers: this.config.upstreamProviders,
    });
  }
}

function initialState(
  request: AuthorizationRequest,
  accountId: AuthorizationRequest['browserAccountId'],
  { primaryUpstreamProvider }: AuthorizationServerPart,
): SignInState {
  return {
    kind: 'sign-in',
    browserBinding: request.browserBinding,
    clientId: request.client.clientId,
    tsid: newSessionId(),
    reuseConfirmed: false,
    legs: {},
    fresh: request.wantsFreshSignIn ? [primaryUpstreamProvider] : [],
    ...(accountId === undefined || request.wantsFreshSignIn ? {} : { person: { accountId, isNew: false } }),
  };
}

/**
 * What a form of a sign-in's pages is bound to: its browser, the walk that it was shown in, and what was shown. A page
 * that was left open when the user chose another account answers nothing any more.
 * @param shown fingerprint of what the form approves, if anything
 */
export const formOf = ({ id, state }: StoredAttempt<SignInState>, shown = ''): string =>
  `sign-in ${id} ${state.browserBinding ?? ''} ${shown}`;

/** The browser was told by its cookie when the request was loaded; the attempt has to be of the same one. */
function ofBrowser(
  attempt: StoredAttempt,
  { browserBinding }: AuthorizationRequest,
): StoredAttempt<SignInState> {
  const { state } = attempt;
  if (state.kind !== 'sign-in') throw new GatehouseError('attempt_unknown', 'not a sign-in');
  if (state.browserBinding !== browserBinding) throw new GatehouseError('attempt_wrong_browser');
  return { ...attempt, state };
}
