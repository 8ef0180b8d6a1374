import { Injectable } from '@nestjs/common';
import { isAccountBound } from '../connections/account-bound.js';
import type { RefreshRedemption } from '../providers/redemption.js';
import type { RenewedTokens, TokenSet } from '../providers/token-answer.js';
import { HeldLeases } from './held-leases.flow.js';
import { ObtainAnswer } from './obtain-answer.flow.js';
import { outcomeOf, isWorthless, type Redemption } from './outcome.js';
import { PublishTokens } from './publish-tokens.flow.js';
import type { Redeemed, RedemptionWork } from './redemption-work.js';
import { RefreshEndings } from './refresh-endings.flow.js';
import { RefreshMetrics } from './refresh-metrics.js';
import type { Acquired } from './refresh.store.js';
import type { Refreshed } from './refreshed.js';

/** The work of the replica that holds the lease: obtain an answer, validate it, publish it. No transaction is open meanwhile. */
@Injectable()
export class Redeem {
  constructor(
    private readonly leases: HeldLeases,
    private readonly obtain: ObtainAnswer,
    private readonly publish: PublishTokens,
    private readonly endings: RefreshEndings,
    private readonly metrics: RefreshMetrics,
  ) {}

  /** Whatever is thrown, the lease is given back. */
  async run(acquired: Acquired): Promise<Refreshed> {
    try {
      const refreshed = await this.#redeem(acquired);
      this.metrics.refreshed(acquired.connection.provider, refreshed.outcome);
      return refreshed;
    } catch (error) {
      await this.endings.superseded(acquired.lease).catch(() => undefined);
      throw error;
    }
  }

  async #redeem({ lease, connection }: Acquired): Promise<Refreshed> {
    const opened = connection.opened();
    // The refresh token behind an answer that does not open is used up: sending it again could end the grant.
    if (opened === undefined) return await this.endings.setAside(connection);
    const { tokens, answer } = opened;
    const { refreshToken: sent } = tokens;
    if (sent === undefined) return await this.endings.unrenewable(lease, connection);
    const held = this.leases.hold(lease, connection, sent);
    const work = { lease, connection, tokens, sent };
    try {
      const obtained = await this.obtain.run(work, held, answer);
      if (obtained === undefined) return await this.endings.superseded(lease);
      return await this.#ended(work, obtained);
    } finally {
      await held.letGo();
    }
  }

  async #ended(work: RedemptionWork, { redeemed, kept }: Redeemed): Promise<Refreshed> {
    const { lease, connection, tokens } = work;
    const redemption = redemptionOf(redeemed, connection.row.subject);
    if (redeemed.ok && redemption.kind === 'accepted')
      return await this.publish.run(work, merged(tokens, redeemed.accepted));
    const outcome = outcomeOf(redemption, await this.publish.factsOf(work));
    return await this.endings.failed(lease, connection, outcome, {
      kept: kept !== undefined,
      worthless: isWorthless(redemption) ? kept : undefined,
      ...(redemption.kind === 'failed' ? { failure: redemption.failure } : {}),
    });
  }
}

function redemptionOf(redeemed: RefreshRedemption, subject: string): Redemption {
  if (!redeemed.ok) return { kind: 'failed', failure: redeemed.failure };
  // OIDC Core section 12.2: the subject of a new id_token is the one of the first.
  const idTokenSubject = isAccountBound(subject) ? subject : (redeemed.idTokenSubject ?? subject);
  return { kind: idTokenSubject === subject ? 'accepted' : 'other_subject' };
}

/** RFC 6749 section 6: a refresh token that is not replaced stays good; so does the id_token. */
const merged = (before: TokenSet, accepted: RenewedTokens): RenewedTokens => ({
  ...accepted,
  tokens: { ...before, ...accepted.tokens },
});
