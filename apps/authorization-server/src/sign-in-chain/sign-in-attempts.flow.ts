import { Inject, Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { newAttemptId, newSessionId } from '@gatehouse/kernel/ids';
import { Log } from '@gatehouse/observability/log';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { AccountStore } from '../accounts/account.store.js';
import { ATTEMPT_TTL_MS, type SignInState } from '../attempts/attempt.js';
import { AttemptStore, type StoredAttempt } from '../attempts/attempt.store.js';
import type { AuthorizationRequest } from '../oauth-endpoints/authorization-requests.flow.js';
import { begun } from './sign-in-state.js';

/** The attempt behind an authorization request. */
@Injectable()
export class SignInAttempts {
  constructor(
    private readonly attempts: AttemptStore,
    private readonly accounts: AccountStore,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'primaryUpstreamProvider'>,
  ) {}

  /** Finds the attempt, or begins it. */
  async of(request: AuthorizationRequest): Promise<StoredAttempt<SignInState>> {
    const known = await this.attempts.forInteraction(request.uid);
    return ofBrowser(known ?? (await this.#begin(request)), request);
  }

  async change({ id }: StoredAttempt<SignInState>, next: (state: SignInState) => SignInState): Promise<void> {
    await this.attempts.change(id, (state) => (state.kind === 'sign-in' ? next(state) : state));
  }

  async #begin({ browserAccountId, ...request }: AuthorizationRequest): Promise<StoredAttempt> {
    const account = browserAccountId === undefined ? undefined : await this.accounts.find(browserAccountId);
    const known = account === undefined ? {} : { browserAccountId: account.accountId };
    const state = begun({ ...request, ...known }, this.config.primaryUpstreamProvider, newSessionId());
    const id = newAttemptId();
    const made = await this.attempts.ensure(id, request.uid, state, ATTEMPT_TTL_MS);
    if (made.id === id)
      this.log.info('sign-in-started', {
        attemptId: id,
        clientId: state.clientId,
        accountId: account?.accountId,
      });
    return made;
  }
}

/** The cookie of the request has named the browser. The attempt has to belong to the same one. */
function ofBrowser(
  attempt: StoredAttempt,
  { browserBinding }: AuthorizationRequest,
): StoredAttempt<SignInState> {
  const { state } = attempt;
  if (state.kind !== 'sign-in') throw new GatehouseError('attempt_unknown', 'not a sign-in');
  if (state.browserBinding !== browserBinding) throw new GatehouseError('attempt_wrong_browser');
  return { ...attempt, state };
}
