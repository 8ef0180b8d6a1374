import { Injectable } from '@nestjs/common';
import { Log } from '@gatehouse/observability/log';
import type { SignInState } from '../attempts/attempt.js';
import { AttemptStore, type StoredAttempt } from '../attempts/attempt.store.js';
import { DiscardAbandonedAttempts } from '../attempts/discard-abandoned-attempts.job.js';
import { abandonmentOf, type Abandonment } from './abandonment.js';

/** Gives a sign-in up. Nothing of it stays, here or in the vault. */
@Injectable()
export class AbandonSignIn {
  constructor(
    private readonly attempts: AttemptStore,
    private readonly discards: DiscardAbandonedAttempts,
    private readonly log: Log,
  ) {}

  /** @param abandonment what the client is told; default: as the person gave up */
  async abandon(
    { id, state }: StoredAttempt<SignInState>,
    abandonment: Abandonment = abandonmentOf(state),
  ): Promise<Abandonment> {
    await this.attempts.abandon(id);
    this.log.info('sign-in-abandoned', {
      attemptId: id,
      clientId: state.clientId,
      refusal: abandonment.refusal,
    });
    await this.discards.discardNow();
    return abandonment;
  }

  /** The sign-in begins again as another account. It keeps neither a leg nor a token of the first one. */
  async startOver(
    { id }: StoredAttempt<SignInState>,
    next: (state: SignInState) => SignInState,
  ): Promise<void> {
    await this.attempts.restart(id, (state) => (state.kind === 'sign-in' ? next(state) : state));
    await this.discards.discardNow();
  }
}
