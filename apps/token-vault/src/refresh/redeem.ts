import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
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
import { outcomeOf, isWorthless, type Redemption } from './outcome.js';
import type { Refreshed } from './refreshed.js';
import { RefreshEndings } from './refresh-endings.js';
import { RefreshStore, type Lease } from './refresh.store.js';

/** Longer than finding the provider and one request to it can take. */
export const leaseMsOf = (provider: Provider): number => 2 * provider.timeoutMs + LEASE_MARGIN_MS;
const LEASE_MARGIN_MS = 5_000;

/** The leader's work: intent, redeem, keep the answer, validate it, publish. No transaction is open meanwhile. */
@Injectable()
export class Redeem {
  constructor(
    private readonly store: RefreshStore,
    private readonly connections: ConnectionStore,
    private readonly registry: ProviderRegistry,
    private readonly client: ProviderClient,
    private readonly keyring: Keyring,
    private readonly endings: RefreshEndings,
  ) {}

  async run(lease: Lease, row: ConnectionRow): Promise<Refreshed> {
    const provider = this.registry.get(row.provider);
    const tokens = this.keyring.open(tokenSet, row.tokens, tokensOwner(row));
    const { refreshToken } = tokens;
    if (refreshToken === undefined) return await this.endings.reauth(lease, row, undefined);
    let kept = this.#keptAnswer(row);
    let redeemed: RefreshRedemption;
    if (kept === undefined) {
      if (!(await this.store.begin(lease))) return { outcome: 'superseded' };
      redeemed = await this.client.redeemRefreshToken(provider, refreshToken, async (answer) => {
        kept = answer;
        await persistently(() => this.#keep(lease, row, refreshToken, answer, leaseMsOf(provider)));
      });
    } else {
      redeemed = await this.client.acceptKeptAnswer(provider, kept);
    }
    const redemption = redemptionOf(redeemed, row);
    if (redeemed.ok && redemption.kind === 'accepted')
      return await this.#publish(row, refreshToken, merged(tokens, redeemed.accepted));
    const outcome = outcomeOf(redemption, { stillCurrent: await this.#stillCurrent(row, refreshToken) });
    return await this.endings.failed(lease, row, outcome, isWorthless(redemption) ? kept : undefined);
  }

  #keptAnswer(row: ConnectionRow): TokenAnswer | undefined {
    return row.answer === null ? undefined : this.keyring.open(tokenAnswer, row.answer, answerOwner(row));
  }

  /** Fresh tokens are kept whatever happened to the row meanwhile, as long as it still rests on the token that was sent. */
  async #keep(
    lease: Lease,
    row: ConnectionRow,
    sent: string,
    answer: TokenAnswer,
    leaseMs: number,
  ): Promise<void> {
    const sealed = this.keyring.seal(answer, answerOwner(row));
    if (await this.store.keepAnswer(lease, sealed, leaseMs)) return;
    const now = await this.connections.byId(row.id);
    if (now === undefined || now.version === lease.version || this.#refreshTokenOf(now) !== sent) return;
    await this.store.keepAnswer({ ...lease, version: now.version }, sealed, leaseMs);
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
    return this.keyring.open(tokenSet, row.tokens, tokensOwner(row)).refreshToken;
  }
}

/** A database that changes over for a moment must not cost anybody their grant: the answer comes only once. */
async function persistently(work: () => Promise<void>): Promise<void> {
  for (const pauseMs of KEEP_AGAIN_AFTER_MS) {
    try {
      await work();
      return;
    } catch {
      await sleep(pauseMs);
    }
  }
  await work();
}

const KEEP_AGAIN_AFTER_MS = [50, 250, 1_000, 3_000] as const;

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
