import { Injectable } from '@nestjs/common';
import { Log } from '@gatehouse/observability/log';
import { ConnectionStore } from '../connections/connection.store.js';
import type { ConnectionRow } from '../connections/connection.js';
import { answerOwner, Keyring, tokensOwner } from '../keyring/keyring.js';
import { ProviderRegistry, type Provider } from '../providers/provider-registry.js';
import { ProviderClient, type RefreshRedemption } from '../providers/provider.client.js';
import {
  tokenAnswer,
  tokenSet,
  type AcceptedTokens,
  type TokenAnswer,
  type TokenSet,
} from '../providers/token-answer.js';
import { HeldLeases, type HeldLease } from './held-leases.js';
import { KeptAnswers } from './kept-answers.js';
import { outcomeOf, isWorthless, type Redemption } from './outcome.js';
import type { Refreshed } from './refreshed.js';
import { RefreshEndings } from './refresh-endings.js';
import { RefreshStore, type Acquired, type Lease } from './refresh.store.js';
import { TakeOver } from './take-over.js';

interface Redeemed {
  readonly redeemed: RefreshRedemption;
  /** What was kept of it, in this attempt or an earlier one. */
  readonly kept: TokenAnswer | undefined;
}

/** The leader's work: intent, redeem, keep the answer, validate it, publish. No transaction is open meanwhile. */
@Injectable()
export class Redeem {
  constructor(
    private readonly store: RefreshStore,
    private readonly connections: ConnectionStore,
    private readonly registry: ProviderRegistry,
    private readonly client: ProviderClient,
    private readonly keyring: Keyring,
    private readonly leases: HeldLeases,
    private readonly takeOver: TakeOver,
    private readonly answers: KeptAnswers,
    private readonly endings: RefreshEndings,
    private readonly log: Log,
  ) {}

  async run({ lease, row }: Acquired): Promise<Refreshed> {
    const tokens = this.keyring.open(tokenSet, row.tokens, tokensOwner(row));
    const kept =
      row.answer === null ? undefined : this.keyring.open(tokenAnswer, row.answer, answerOwner(row));
    // The refresh token behind an answer that does not open is used up: sending it again could end the grant.
    if (tokens === undefined || (row.answer !== null && kept === undefined))
      return await this.endings.setAside(row);
    const { refreshToken } = tokens;
    if (refreshToken === undefined) return await this.endings.reauth(lease, row, undefined);
    const held = this.leases.hold(lease, row, refreshToken);
    try {
      const done = await this.#redeemed({ lease, row }, refreshToken, held, kept);
      return done === undefined
        ? await this.#letOthers(lease)
        : await this.#ended({ lease, row }, tokens, refreshToken, done);
    } finally {
      await held.letGo();
    }
  }

  /**
   * @param before the answer that the row holds
   * @returns `undefined` when somebody else may be at it.
   */
  async #redeemed(
    { lease, row }: Acquired,
    sent: string,
    held: HeldLease,
    before: TokenAnswer | undefined,
  ): Promise<Redeemed | undefined> {
    const provider = this.registry.get(row.provider);
    let kept = before;
    if (kept === undefined && row.refreshStartedAt !== null) {
      const taken = await this.takeOver.look(row, sent, provider.timeoutMs);
      if (taken.kind === 'wait') return undefined;
      if (taken.kind === 'answer') {
        kept = taken.answer;
        await this.answers.keep({ lease, row, sent, answer: kept });
      } else
        // Its last holder died, or never got an answer: the token is sent once more, with care.
        this.log.warn('refresh-of-unknown-outcome-retried', { connectionId: row.id, provider: row.provider });
    }
    if (kept !== undefined) return { redeemed: await this.client.acceptKeptAnswer(provider, kept), kept };
    if (!(await this.store.begin(lease))) return undefined;
    return await this.#send(provider, { lease, row }, sent, held);
  }

  async #send(
    provider: Provider,
    { lease, row }: Acquired,
    sent: string,
    { cutOff }: HeldLease,
  ): Promise<Redeemed> {
    let kept: TokenAnswer | undefined;
    const redeemed = await this.client.redeemRefreshToken(provider, sent, {
      cutOff,
      keep: async (answer) => {
        kept = answer;
        await this.answers.keep({ lease, row, sent, answer });
      },
    });
    return { redeemed, kept };
  }

  async #ended(
    { lease, row }: Acquired,
    tokens: TokenSet,
    sent: string,
    { redeemed, kept }: Redeemed,
  ): Promise<Refreshed> {
    const redemption = redemptionOf(redeemed, row);
    if (redeemed.ok && redemption.kind === 'accepted')
      return await this.#publish(row, sent, merged(tokens, redeemed.accepted));
    const outcome = outcomeOf(redemption, { stillCurrent: await this.#stillCurrent(row, sent) });
    return await this.endings.failed(lease, row, outcome, isWorthless(redemption) ? kept : undefined);
  }

  async #letOthers(lease: Lease): Promise<Refreshed> {
    await this.store.release(lease);
    return { outcome: 'superseded' };
  }

  /**
   * Compare and set on the version. Where a sign-in put its access token in place while we were away but kept the
   * refresh token that we have just used up, ours goes on top of it; everything else that is newer stays.
   */
  async #publish(row: ConnectionRow, sent: string, accepted: AcceptedTokens): Promise<Refreshed> {
    const published = {
      tokens: this.keyring.seal(accepted.tokens, tokensOwner(row)),
      scopes: accepted.scopes,
      accessObtainedAt: new Date(accepted.obtainedAtMs),
      accessExpiresAt: accepted.expiresAtMs === undefined ? null : new Date(accepted.expiresAtMs),
    };
    for (let version = row.version; ;) {
      const newest = await this.store.publish(row.id, version, published);
      if (newest !== undefined) return { outcome: 'refreshed', row: newest };
      const now = await this.connections.byId(row.id);
      if (now === undefined) {
        await this.endings.orphaned(row.provider, accepted.tokens);
        return { outcome: 'superseded' };
      }
      if (now.version === version || this.#refreshTokenOf(now) !== sent)
        return { outcome: 'superseded', row: now };
      version = now.version;
    }
  }

  async #stillCurrent(row: ConnectionRow, sent: string): Promise<boolean> {
    const now = await this.connections.byId(row.id);
    // An answer that somebody else kept meanwhile holds the token that replaced the one we sent.
    const answeredElsewhere = row.answer === null && now?.answer !== null;
    return now !== undefined && !answeredElsewhere && this.#refreshTokenOf(now) === sent;
  }

  #refreshTokenOf(row: ConnectionRow): string | undefined {
    return this.keyring.open(tokenSet, row.tokens, tokensOwner(row))?.refreshToken;
  }
}

function redemptionOf(redeemed: RefreshRedemption, row: ConnectionRow): Redemption {
  if (!redeemed.ok) return { kind: 'failed', failure: redeemed.failure };
  // OIDC Core section 12.2: the subject of a new id_token is the one of the first.
  const { idTokenSubject = row.subject } = redeemed;
  return { kind: idTokenSubject === row.subject ? 'accepted' : 'other_subject' };
}

/** RFC 6749 section 6: a refresh token that is not replaced stays good; so does the id_token. */
const merged = (before: TokenSet, accepted: AcceptedTokens): AcceptedTokens => ({
  ...accepted,
  tokens: { ...before, ...accepted.tokens },
});
