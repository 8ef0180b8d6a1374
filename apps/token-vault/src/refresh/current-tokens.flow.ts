import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '@gatehouse/kernel/clock';
import { equalsInConstantTime, sha256 } from '@gatehouse/kernel/digest';
import { HOUR_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import type { ErrorCode } from '@gatehouse/kernel/error-codes';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { CLOCK } from '@gatehouse/service-process/injected';
import type { Connection } from '../connections/connection.js';
import { ProviderMetadataClient } from '../providers/provider-metadata.client.js';
import type { TokenSet } from '../providers/token-answer.js';
import { freshnessOf, stillLives, type AccessLifetime } from './freshness.js';
import { REFUSALS_THAT_ASK } from './outcome.js';
import { reauthRequired } from './reauth-required.js';
import { RefreshEndings } from './refresh-endings.flow.js';
import { Refresher } from './refresher.flow.js';

export interface CurrentTokens {
  readonly connection: Connection;
  readonly tokens: TokenSet;
}

/**
 * A token this young is handed out again although a backend refused it. Otherwise a backend that answers 401 to every
 * token would cause one refresh per call, or where nothing can be renewed, one sign-in after another.
 */
const TOO_YOUNG_TO_REFUSE_MS = 10 * SECOND_MS;

/** A provider is asked again no sooner, however often a client renews its token. */
const SAYS_THE_SAME_FOR_MS = 10 * SECOND_MS;

/** How old an id_token may be that speaks for a provider that cannot be asked, whatever becomes of the access token beside it. */
const SPEAKS_FOR_MS = HOUR_MS;

const AWAY: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['provider_unavailable', 'provider_misconfigured']);

export const lifetimeOf = ({ row }: Connection): AccessLifetime => ({
  obtainedAtMs: row.accessObtainedAt.getTime(),
  ...(row.accessExpiresAt === null ? {} : { expiresAtMs: row.accessExpiresAt.getTime() }),
});

/** Gives the tokens of a connection, and refreshes them first when they have expired. */
@Injectable()
export class CurrentTokensOf {
  constructor(
    private readonly refresher: Refresher,
    private readonly endings: RefreshEndings,
    private readonly metadata: ProviderMetadataClient,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @param refused digest of a token that a backend refused
   * @throws {GatehouseError} `reauth_required`, `provider_unavailable`, `provider_misconfigured`, `connection_missing`, `busy`
   */
  async connection(connection: Connection, refused?: string): Promise<CurrentTokens> {
    const { state, setAsideAt } = connection.row;
    if (state === 'reauth_required' && setAsideAt === null) throw this.endings.needsUser(connection, WAITS);
    return await this.#usable(await this.#opened(connection), refused);
  }

  /**
   * The same with a new id_token, as far as the provider gives one: what it says of a person may have changed. While it is away,
   * the last one counts for an hour; its access token may have expired.
   */
  async renewed(connection: Connection): Promise<CurrentTokens> {
    try {
      return await this.reissued(connection);
    } catch (error) {
      if (!AWAY.has(GatehouseError.from(error).code)) throw error;
      const last = await this.#opened(connection);
      if (this.#ageMs(last) < SPEAKS_FOR_MS) return last;
      throw error;
    }
  }

  /** The same, and it does not count while the provider is away: an id_token that has to be shown has to be alive. */
  async reissued(connection: Connection): Promise<CurrentTokens> {
    const current = await this.connection(connection);
    if (this.#ageMs(current) < SAYS_THE_SAME_FOR_MS || current.tokens.refreshToken === undefined)
      return current;
    return await this.#refreshed(current, true);
  }

  #ageMs({ connection }: CurrentTokens): number {
    return this.clock.nowMs() - lifetimeOf(connection).obtainedAtMs;
  }

  async #usable(current: CurrentTokens, refused: string | undefined): Promise<CurrentTokens> {
    const { connection, tokens } = current;
    const isRefused =
      refused !== undefined && equalsInConstantTime(sha256(tokens.accessToken), refused) && !isYoung(current);
    const freshness = freshnessOf(lifetimeOf(connection), this.clock.nowMs(), Math.random());
    if (!isRefused && freshness !== 'expired') {
      if (freshness === 'early' && tokens.refreshToken !== undefined)
        this.refresher.refreshBehind(connection);
      return current;
    }
    // There is no way to replace it, but other backends may still accept it: the row stays as it is until it expires.
    if (freshness !== 'expired' && tokens.refreshToken === undefined)
      throw this.endings.needsUser(connection, 'a backend refused its token, and there is no refresh token');
    return await this.#refreshed(current, isRefused);
  }

  /** A row that does not open is set aside, and taken back when it does. */
  async #opened(connection: Connection): Promise<CurrentTokens> {
    if (connection.row.setAsideAt === null) {
      const tokens = connection.tokens();
      if (tokens !== undefined) return { connection, tokens };
      await this.endings.setAside(connection);
      throw this.endings.needsUser(connection, DOES_NOT_OPEN);
    }
    const opened = connection.opened('quietly');
    const taken = opened === undefined ? undefined : await this.endings.takeBack(connection);
    if (opened === undefined || taken === undefined) throw this.endings.needsUser(connection, DOES_NOT_OPEN);
    return { connection: taken, tokens: opened.tokens };
  }

  async #refreshed(before: CurrentTokens, isRefused: boolean): Promise<CurrentTokens> {
    const { outcome, connection, refusals = 0, reference } = await this.refresher.refresh(before.connection);
    if (connection !== undefined) return await this.#opened(connection);
    if (outcome === 'reauth_required') throw reauthRequired(before.connection, reference);
    if (!isRefused && stillLives(lifetimeOf(before.connection), this.clock.nowMs())) return before;
    // Other backends may still accept the old token: the row stays as it is until that ends.
    if (refusals >= REFUSALS_THAT_ASK) throw reauthRequired(before.connection, reference);
    const { provider } = before.connection;
    const complaint = this.metadata.complaintOf(provider);
    if (complaint !== undefined) throw numbered(complaint, reference);
    throw new GatehouseError('provider_unavailable', `refresh at ${provider}: ${outcome}`, {
      details: { provider, ...(reference === undefined ? {} : { reference }) },
    });
  }
}

/** It was told when it happened; the line of the refresh that failed then has the same connection. */
export const WAITS = 'it waits for a new sign-in since an earlier failure';
const DOES_NOT_OPEN = 'its stored tokens do not open';

/** A complaint is about a provider, and kept; a number is of one failure. */
const numbered = ({ code, message, details, cause }: GatehouseError, reference = ''): GatehouseError =>
  new GatehouseError(code, message, {
    details: reference === '' ? details : { ...details, reference },
    cause,
  });

function isYoung({ connection: { row }, tokens }: CurrentTokens): boolean {
  const ageMs = row.sinceRefreshedMs ?? (tokens.refreshToken === undefined ? row.sinceConnectedMs : null);
  return ageMs !== null && ageMs < TOO_YOUNG_TO_REFUSE_MS;
}
