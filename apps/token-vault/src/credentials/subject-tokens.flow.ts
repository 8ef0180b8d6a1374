import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '@gatehouse/kernel/clock';
import { equalsInConstantTime, sha256 } from '@gatehouse/kernel/digest';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError, type ErrorDetails } from '@gatehouse/kernel/gatehouse-error';
import type { AccountId, SessionId } from '@gatehouse/kernel/ids';
import type { Connection } from '../connections/connection.js';
import { ConnectionStore } from '../connections/connection.store.js';
import { ProviderRegistry } from '../providers/provider-registry.js';
import { ownExpiryOf } from '../providers/token-answer.js';
import { CurrentTokensOf, type CurrentTokens } from '../refresh/current-tokens.flow.js';
import { RefreshEndings } from '../refresh/refresh-endings.flow.js';
import { CLOCK } from '@gatehouse/service-process/injected';

/** An id_token that is shown lives until it has been looked at. */
const MARGIN_MS = 5 * SECOND_MS;

export interface BoundConnection {
  readonly accountId: AccountId;
  readonly connection: Connection;
}

/** The connections that a session may use: the session is open, and they are bound to it. */
@Injectable()
export class SubjectTokens {
  constructor(
    private readonly registry: ProviderRegistry,
    private readonly connections: ConnectionStore,
    private readonly current: CurrentTokensOf,
    private readonly endings: RefreshEndings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws {GatehouseError} `unknown_provider`, `session_closed`, `connection_missing` */
  async bound(tsid: SessionId, providerName: string): Promise<BoundConnection> {
    this.registry.check(providerName);
    const found = await this.connections.ofSession(tsid, providerName);
    if (found === undefined) throw new GatehouseError('session_closed');
    const { accountId, connection } = found;
    const isEntered = this.registry.entered(providerName) !== undefined;
    if (connection === undefined || connection.isEntered !== isEntered)
      throw new GatehouseError('connection_missing', `the session has no connection to ${providerName}`, {
        details: this.#detailsOf(providerName),
      });
    return { accountId, connection };
  }

  /** @throws {GatehouseError} `reauth_required`, `provider_unavailable`, `connection_missing`, `busy` */
  async tokens(connection: Connection, refused?: string): Promise<CurrentTokens> {
    const secret = this.registry.entered(connection.provider);
    if (secret === undefined) return await this.current.connection(connection, refused);
    const current = await this.current.connection(connection);
    // Nobody can renew it: its person has to enter another one.
    if (refused !== undefined && equalsInConstantTime(sha256(current.tokens.accessToken), refused))
      throw this.#refused(connection);
    return current;
  }

  /** @see RefreshEndings.needsUser */
  needsUser(connection: Connection, reason: string): GatehouseError {
    return this.endings.needsUser(connection, reason);
  }

  #refused(connection: Connection): GatehouseError {
    const reason = 'a backend refused what its person entered';
    const { reference = '' } = this.endings.needsUser(connection, reason).details;
    const details = { ...this.#detailsOf(connection.provider), reference };
    return new GatehouseError('reauth_required', reason, { details });
  }

  #detailsOf(provider: string): ErrorDetails {
    const secret = this.registry.entered(provider);
    return secret === undefined ? { provider } : { provider, secret: secret.label };
  }

  /** The same with an id_token that lives. @see CurrentTokensOf.reissued */
  async withLivingIdToken(connection: Connection): Promise<CurrentTokens> {
    const current = await this.tokens(connection);
    if (this.#lives(current)) return current;
    const reissued = await this.current.reissued(current.connection);
    // Its provider renews access tokens alone, or nothing: a new sign-in gives one.
    if (!this.#lives(reissued))
      throw this.endings.needsUser(connection, 'its provider gives no new id_token without a sign-in');
    return reissued;
  }

  #lives({ tokens: { idToken } }: CurrentTokens): boolean {
    return idToken !== undefined && ownExpiryOf(idToken, this.clock.nowMs() + MARGIN_MS) !== undefined;
  }

  /** The same with a new id_token. @see CurrentTokensOf.renewed */
  async renewed(connection: Connection): Promise<CurrentTokens> {
    return await this.current.renewed(connection);
  }

  /** The same, of a provider that can be asked. @see CurrentTokensOf.reissued */
  async reissued(connection: Connection): Promise<CurrentTokens> {
    return await this.current.reissued(connection);
  }
}
