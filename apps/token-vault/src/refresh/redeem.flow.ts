import { Injectable } from '@nestjs/common';
import { Log } from '@gatehouse/observability/log';
import { ConnectionStore } from '../connections/connection.store.js';
import { ProviderRegistry, type Provider } from '../providers/provider-registry.js';
import { ProviderClient, type RefreshRedemption } from '../providers/provider.client.js';
import type { AcceptedTokens, TokenAnswer, TokenSet } from '../providers/token-answer.js';
import { HeldLeases, type HeldLease } from './held-leases.flow.js';
import { KeptAnswers } from './kept-answers.flow.js';
import { outcomeOf, isWorthless, type Redemption } from './outcome.js';
import type { Refreshed } from './refreshed.js';
import { RefreshEndings } from './refresh-endings.flow.js';
import { RefreshStore, type Acquired, type Lease } from './refresh.store.js';
import { TakeOver } from './take-over.flow.js';

/** One redemption under way. */
interface Work extends Acquired {
  readonly tokens: TokenSet;
  /** The refresh token that is redeemed. */
  readonly sent: string;
}

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
    private readonly leases: HeldLeases,
    private readonly takeOver: TakeOver,
    private readonly answers: KeptAnswers,
    private readonly endings: RefreshEndings,
    private readonly log: Log,
  ) {}

  async run({ lease, connection }: Acquired): Promise<Refreshed> {
    const opened = connection.opened();
    // The refresh token behind an answer that does not open is used up: sending it again could end the grant.
    if (opened === undefined) return await this.endings.setAside(connection);
    const { tokens, answer } = opened;
    const { refreshToken: sent } = tokens;
    if (sent === undefined) return await this.endings.reauth(lease, connection, undefined);
    const held = this.leases.hold(lease, connection, sent);
    const work = { lease, connection, tokens, sent };
    try {
      const done = await this.#redeemed(work, held, answer);
      return done === undefined ? await this.#letOthers(lease) : await this.#ended(work, done);
    } finally {
      await held.letGo();
    }
  }

  /**
   * @param before the answer that the row holds
   * @returns `undefined` when somebody else may be at it.
   */
  async #redeemed(
    work: Work,
    held: HeldLease,
    before: TokenAnswer | undefined,
  ): Promise<Redeemed | undefined> {
    const { lease, connection, sent } = work;
    const { row } = connection;
    const provider = this.registry.get(row.provider);
    let kept = before;
    if (kept === undefined && row.refreshStartedAt !== null) {
      const taken = await this.takeOver.look(connection, sent, provider.timeoutMs);
      if (taken.kind === 'wait') return undefined;
      if (taken.kind === 'answer') {
        kept = taken.answer;
        await this.answers.keep({ ...work, answer: kept });
      } else
        // Its last holder died, or never got an answer: the token is sent once more, with care.
        this.log.warn('refresh-of-unknown-outcome-retried', { connectionId: row.id, provider: row.provider });
    }
    if (kept !== undefined) return { redeemed: await this.client.acceptKeptAnswer(provider, kept), kept };
    if (!(await this.store.begin(lease))) return undefined;
    return await this.#send(provider, work, held);
  }

  async #send(provider: Provider, work: Work, { cutOff }: HeldLease): Promise<Redeemed> {
    let kept: TokenAnswer | undefined;
    const redeemed = await this.client.redeemRefreshToken(provider, work.sent, {
      cutOff,
      keep: async (answer) => {
        kept = answer;
        await this.answers.keep({ ...work, answer });
      },
    });
    return { redeemed, kept };
  }

  async #ended(work: Work, { redeemed, kept }: Redeemed): Promise<Refreshed> {
    const { lease, connection, tokens } = work;
    const redemption = redemptionOf(redeemed, connection.row.subject);
    if (redeemed.ok && redemption.kind === 'accepted')
      return await this.#publish(work, merged(tokens, redeemed.accepted));
    const outcome = outcomeOf(redemption, { stillCurrent: await this.#stillCurrent(work) });
    return await this.endings.failed(lease, connection, outcome, isWorthless(redemption) ? kept : undefined);
  }

  async #letOthers(lease: Lease): Promise<Refreshed> {
    await this.store.release(lease);
    return { outcome: 'superseded' };
  }

  /**
   * Compare and set on the version. Where a sign-in put its access token in place while we were away but kept the
   * refresh token that we have just used up, ours goes on top of it; everything else that is newer stays.
   */
  async #publish({ connection, sent }: Work, accepted: AcceptedTokens): Promise<Refreshed> {
    for (let { version } = connection.row; ;) {
      const newest = await this.store.publish(connection, version, accepted);
      if (newest !== undefined) return { outcome: 'refreshed', connection: newest };
      const now = await this.connections.byId(connection.id);
      if (now === undefined) {
        await this.endings.orphaned(connection.provider, accepted.tokens);
        return { outcome: 'superseded' };
      }
      if (now.row.version === version || now.refreshToken() !== sent)
        return { outcome: 'superseded', connection: now };
      ({ version } = now.row);
    }
  }

  async #stillCurrent({ connection, sent }: Work): Promise<boolean> {
    const now = await this.connections.byId(connection.id);
    if (now === undefined) return false;
    // An answer that somebody else kept meanwhile holds the token that replaced the one we sent.
    const answeredElsewhere = connection.row.answer === null && now.row.answer !== null;
    return !answeredElsewhere && now.refreshToken() === sent;
  }
}

function redemptionOf(redeemed: RefreshRedemption, subject: string): Redemption {
  if (!redeemed.ok) return { kind: 'failed', failure: redeemed.failure };
  // OIDC Core section 12.2: the subject of a new id_token is the one of the first.
  const { idTokenSubject = subject } = redeemed;
  return { kind: idTokenSubject === subject ? 'accepted' : 'other_subject' };
}

/** RFC 6749 section 6: a refresh token that is not replaced stays good; so does the id_token. */
const merged = (before: TokenSet, accepted: AcceptedTokens): AcceptedTokens => ({
  ...accepted,
  tokens: { ...before, ...accepted.tokens },
});
