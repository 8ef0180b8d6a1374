import { Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AccountId, SessionId } from '@gatehouse/kernel/ids';
import type { Connection } from '../connections/connection.js';
import { ConnectionStore } from '../connections/connection.store.js';
import { ProviderRegistry } from '../providers/provider-registry.js';
import { CurrentTokensOf, type CurrentTokens } from '../refresh/current-tokens.flow.js';

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
  ) {}

  /** @throws {GatehouseError} `unknown_provider`, `session_closed`, `connection_missing` */
  async bound(tsid: SessionId, providerName: string): Promise<BoundConnection> {
    this.registry.get(providerName);
    const found = await this.connections.ofSession(tsid, providerName);
    if (found === undefined) throw new GatehouseError('session_closed');
    const { accountId, connection } = found;
    if (connection === undefined)
      throw new GatehouseError('connection_missing', `the session has no connection to ${providerName}`, {
        details: { provider: providerName },
      });
    return { accountId, connection };
  }

  /** @throws {GatehouseError} `reauth_required`, `provider_unavailable`, `connection_missing`, `busy` */
  async tokens(connection: Connection, refused?: string): Promise<CurrentTokens> {
    return await this.current.connection(connection, refused);
  }

  /** The same with a new id_token. @see CurrentTokensOf.renewed */
  async renewed(connection: Connection): Promise<CurrentTokens> {
    return await this.current.renewed(connection);
  }
}
