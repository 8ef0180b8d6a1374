import { Injectable } from '@nestjs/common';
import { ProviderRegistry, type Provider } from '../providers/provider-registry.js';
import { Upstreams } from '../providers/upstreams.flow.js';
import type { TokenAnswer } from '../providers/token-answer.js';
import type { HeldLease } from './held-leases.flow.js';
import { KeptAnswers } from './kept-answers.flow.js';
import type { Redeemed, RedemptionWork } from './redemption-work.js';
import { RefreshStore } from './refresh.store.js';
import { TakeOver } from './take-over.flow.js';

/** Obtains the provider's answer to a refresh token: one that was kept, one that is found, or a new one. */
@Injectable()
export class ObtainAnswer {
  constructor(
    private readonly store: RefreshStore,
    private readonly registry: ProviderRegistry,
    private readonly upstreams: Upstreams,
    private readonly takeOver: TakeOver,
    private readonly answers: KeptAnswers,
  ) {}

  /**
   * @param before the answer that the row holds
   * @returns `undefined` when another replica may be redeeming the token.
   */
  async run(
    work: RedemptionWork,
    held: HeldLease,
    before: TokenAnswer | undefined,
  ): Promise<Redeemed | undefined> {
    const provider = this.registry.get(work.connection.provider);
    let kept = before;
    if (kept === undefined && work.connection.row.refreshStartedAt !== null) {
      const taken = await this.takeOver.look(work.connection, work.sent, provider.timeoutMs);
      if (taken.kind === 'wait') return undefined;
      if (taken.kind === 'answer') {
        kept = taken.answer;
        await this.answers.keep({ ...work, answer: kept });
      }
    }
    if (kept !== undefined) return { redeemed: await this.upstreams.acceptKeptAnswer(provider, kept), kept };
    if (!(await this.store.begin(work.lease))) return undefined;
    return await this.#send(provider, work, held);
  }

  async #send(provider: Provider, work: RedemptionWork, { cutOff }: HeldLease): Promise<Redeemed> {
    let kept: TokenAnswer | undefined;
    const redeemed = await this.upstreams.redeemRefreshToken(
      provider,
      { token: work.sent, issuedTo: work.tokens.issuedTo },
      {
        cutOff,
        keep: async (answer) => {
          kept = answer;
          await this.answers.keep({ ...work, answer });
        },
      },
    );
    return { redeemed, kept };
  }
}
