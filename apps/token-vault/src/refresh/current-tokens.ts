import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '@gatehouse/kernel/clock';
import { equalsInConstantTime, sha256 } from '@gatehouse/kernel/digest';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { CLOCK } from '@gatehouse/service-process/injected';
import type { ConnectionRow } from '../connections/connection.js';
import { answerOwner, Keyring, tokensOwner } from '../keyring/keyring.js';
import { tokenAnswer, tokenSet, type TokenSet } from '../providers/token-answer.js';
import { freshnessOf, stillLives, type AccessLifetime } from './freshness.js';
import { RefreshEndings } from './refresh-endings.js';
import { Refresher } from './refresher.js';

export interface CurrentTokens {
  readonly row: ConnectionRow;
  readonly tokens: TokenSet;
}

/**
 * A backend that answers 401 to every token would otherwise have one refresh made per call: a token this young is
 * handed out once more, and the backend's answer stands.
 */
const TOO_YOUNG_TO_REFUSE_MS = 10 * SECOND_MS;

export const lifetimeOf = ({ accessObtainedAt, accessExpiresAt }: ConnectionRow): AccessLifetime => ({
  obtainedAtMs: accessObtainedAt.getTime(),
  ...(accessExpiresAt === null ? {} : { expiresAtMs: accessExpiresAt.getTime() }),
});

/** The tokens of a connection that can be used now, refreshed where they have to be. */
@Injectable()
export class CurrentTokensOf {
  constructor(
    private readonly refresher: Refresher,
    private readonly keyring: Keyring,
    private readonly endings: RefreshEndings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @param refused digest of a token that a backend refused
   * @throws {GatehouseError} `reauth_required`, `provider_unavailable`, `connection_missing`, `busy`
   */
  async connection(row: ConnectionRow, refused?: string): Promise<CurrentTokens> {
    if (row.state === 'reauth_required' && row.setAsideAt === null) throw reauthRequired(row);
    return await this.#usable(await this.#opened(row), refused);
  }

  async #usable({ row, tokens }: CurrentTokens, refused: string | undefined): Promise<CurrentTokens> {
    const isRefused =
      refused !== undefined && equalsInConstantTime(sha256(tokens.accessToken), refused) && !isYoung(row);
    const freshness = freshnessOf(lifetimeOf(row), this.clock.nowMs(), Math.random());
    if (!isRefused && freshness !== 'expired') {
      if (freshness === 'early' && tokens.refreshToken !== undefined) this.refresher.refreshBehind(row);
      return { row, tokens };
    }
    // Nothing can be had for it, but it may still be good elsewhere: the row stays as it is until it has expired.
    if (freshness !== 'expired' && tokens.refreshToken === undefined) throw reauthRequired(row);
    return await this.#refreshed({ row, tokens }, isRefused);
  }

  /** A row that does not open is set aside, and taken back when it does. */
  async #opened(row: ConnectionRow): Promise<CurrentTokens> {
    if (row.setAsideAt === null) {
      const tokens = this.keyring.open(tokenSet, row.tokens, tokensOwner(row));
      if (tokens !== undefined) return { row, tokens };
      await this.endings.setAside(row);
      throw reauthRequired(row);
    }
    const tokens = this.keyring.openAgain(tokenSet, row.tokens, tokensOwner(row));
    const answerOpens =
      row.answer === null || this.keyring.openAgain(tokenAnswer, row.answer, answerOwner(row)) !== undefined;
    const taken = tokens !== undefined && answerOpens ? await this.endings.takeBack(row) : undefined;
    if (tokens === undefined || taken === undefined) throw reauthRequired(row);
    return { row: taken, tokens };
  }

  async #refreshed(before: CurrentTokens, isRefused: boolean): Promise<CurrentTokens> {
    const { outcome, row } = await this.refresher.refresh(before.row);
    if (row !== undefined) return await this.#opened(row);
    if (outcome === 'reauth_required') throw reauthRequired(before.row);
    if (!isRefused && stillLives(lifetimeOf(before.row), this.clock.nowMs())) return before;
    const { provider } = before.row;
    throw new GatehouseError('provider_unavailable', `refresh at ${provider}: ${outcome}`, {
      details: { provider },
    });
  }
}

const isYoung = ({ sinceRefreshedMs }: ConnectionRow): boolean =>
  sinceRefreshedMs !== null && sinceRefreshedMs < TOO_YOUNG_TO_REFUSE_MS;

const reauthRequired = ({ provider }: ConnectionRow): GatehouseError =>
  new GatehouseError('reauth_required', `${provider} asks for a new sign-in`, { details: { provider } });
