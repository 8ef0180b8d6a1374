import { Injectable } from '@nestjs/common';
import type { connectionComplete } from '@gatehouse/contracts/token-vault/connection-complete';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Log } from '@gatehouse/observability/log';
import type { z } from 'zod';
import type { AuthenticationContext } from '../providers/authentication-context.js';
import { succeeds } from '../leases/beats.job.js';
import type { UpstreamFailure } from '../providers/upstream-failure.js';
import { verdictOf } from '../providers/upstream-verdict.js';
import { Upstreams } from '../providers/upstreams.flow.js';
import { accountBound } from './account-bound.js';
import { LackingScopeStore } from './lacking-scope.store.js';
import { legRefusalOf } from './leg-refusal.js';
import { LegAnswers, type KeptAnswer } from './leg-answers.flow.js';
import { ReceiveCallback } from './receive-callback.flow.js';

const howOf = ({ acr, amr }: AuthenticationContext): { readonly acr?: string; readonly amr?: string[] } => ({
  ...(acr === undefined ? {} : { acr }),
  ...(amr === undefined ? {} : { amr: [...amr] }),
});

/**
 * The provider ended it, and what it was asked for may be why. An outage says nothing of that; an error with which it sends the
 * browser back may be its word for it, whatever its name.
 */
const isRefusal = (failure: UpstreamFailure): boolean =>
  failure.kind === 'authorization_error' || verdictOf(failure) !== 'passing';

/** Completes a leg after its callback. The answer is kept before it is validated, and staged for adoption after. */
@Injectable()
export class CompleteConnection {
  constructor(
    private readonly callbacks: ReceiveCallback,
    private readonly upstreams: Upstreams,
    private readonly answers: LegAnswers,
    private readonly lacking: LackingScopeStore,
    private readonly log: Log,
  ) {}

  async run(
    request: z.output<typeof connectionComplete.request>,
  ): Promise<z.input<typeof connectionComplete.reply>> {
    const { attemptId, accountId, provider, callback } = await this.callbacks.receive(request);
    const key = { attemptId, provider: provider.name };
    if (callback === undefined) {
      const problem = 'what was kept of this leg does not open';
      this.log.warn('leg-refused', { ...key, reason: 'invalid_response', problem });
      return { outcome: 'refused', ...key, reason: 'invalid_response' };
    }
    let answered: KeptAnswer | undefined;
    const redemption = await this.upstreams.redeemCode(provider, callback, async (answer) => {
      answered = await this.answers.keep(key, accountId, answer);
    });
    if (redemption.ok) {
      const { accepted } = redemption;
      const identity = redemption.identity ?? accountBound(accountId, attemptId);
      if (answered !== undefined && (await this.answers.accept(key, answered, { accepted, identity })))
        return {
          outcome: 'completed',
          ...key,
          identity,
          scopes: [...accepted.scopes],
          ...(request.asksWhen === true && redemption.authenticatedAtMs !== undefined
            ? { authenticatedAtMs: redemption.authenticatedAtMs }
            : {}),
          ...(request.asksHow === true ? howOf(redemption) : {}),
        };
      if (answered !== undefined) await this.answers.giveUp(key, answered, identity.subject);
      throw new GatehouseError('callback_unknown', 'the attempt was discarded or answered again meanwhile');
    }
    const { failure } = redemption;
    if (accountId !== null && isRefusal(failure))
      await succeeds(this.lacking.forgetWanted(accountId, provider.name));
    const reason = legRefusalOf(failure);
    // Revoking what could not be judged might end a grant that works: many providers end all of a person's at once.
    const verdict = verdictOf(failure);
    const isJudged = verdict === 'final' || verdict === 'unclear';
    if (answered !== undefined)
      await this.answers.giveUp(key, isJudged ? answered : { ...answered, token: undefined });
    this.log.warn('leg-refused', {
      // The person's page shows it as the reference.
      attemptId,
      provider: provider.name,
      reason,
      kind: failure.kind,
      verdict,
      ...('status' in failure ? { status: failure.status } : {}),
      ...failure.reason,
    });
    return { outcome: 'refused', ...key, reason };
  }
}
