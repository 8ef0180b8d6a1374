import { Injectable } from '@nestjs/common';
import { Log } from '@gatehouse/observability/log';
import type { Refusal } from '../oauth-endpoints/authorization-requests.flow.js';
import type { LegFailure, SignInState } from '../attempts/attempt.js';
import { AttemptStore, type StoredAttempt } from '../attempts/attempt.store.js';
import { DiscardAbandonedAttempts } from '../attempts/discard-abandoned-attempts.job.js';

/** What the client is told when its user gives up (RFC 6749, section 4.1.2.1). */
export interface Abandonment {
  readonly refusal: Refusal;
  readonly description: string;
}

/** The client learns which provider stood in the way; nothing of what the provider said. */
function abandonmentOf(state: Pick<SignInState, 'legs'>): Abandonment {
  for (const [provider, outcome] of Object.entries(state.legs))
    if (outcome.kind === 'failed')
      return {
        refusal: refusalOf(outcome.reason),
        description: `${provider}: ${DESCRIPTIONS[outcome.reason]}`,
      };
  return { refusal: 'access_denied', description: 'The user did not approve the application.' };
}

const DESCRIPTIONS: Readonly<Record<LegFailure, string>> = {
  denied: 'access was denied there.',
  provider_error: 'the provider answered with an error.',
  provider_unavailable: 'the provider cannot be reached.',
  invalid_response: 'the answer of the provider was not valid.',
  identity_taken: 'that identity belongs to another account here.',
};

function refusalOf(reason: LegFailure): Refusal {
  switch (reason) {
    case 'denied':
    case 'identity_taken':
      return 'access_denied';
    case 'provider_unavailable':
      return 'temporarily_unavailable';
    case 'provider_error':
    case 'invalid_response':
      return 'server_error';
  }
}

/** An abandoned chain leaves nothing behind, here or in the vault. */
@Injectable()
export class AbandonSignIn {
  constructor(
    private readonly attempts: AttemptStore,
    private readonly discards: DiscardAbandonedAttempts,
    private readonly log: Log,
  ) {}

  async abandon({ id, state }: StoredAttempt<SignInState>): Promise<Abandonment> {
    const abandonment = abandonmentOf(state);
    await this.attempts.abandon(id);
    this.log.info('sign-in-abandoned', {
      attemptId: id,
      clientId: state.clientId,
      refusal: abandonment.refusal,
    });
    await this.discards.discardNow();
    return abandonment;
  }

  /** The walk of one account ends, and one of another begins: neither a leg nor a token of the first is left in it. */
  async startOver(
    { id }: StoredAttempt<SignInState>,
    next: (state: SignInState) => SignInState,
  ): Promise<void> {
    await this.attempts.restart(id, (state) => (state.kind === 'sign-in' ? next(state) : state));
    await this.discards.discardNow();
  }
}
