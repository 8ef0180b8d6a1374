import { Injectable } from '@nestjs/common';
import { Log } from '@gatehouse/observability/log';
import { Database } from '@gatehouse/persistence/database';
import { CloseSession } from '../sessions/close-session.flow.js';
import { SessionStore } from '../sessions/session.store.js';
import { RegistrationTokens } from './registration-tokens.store.js';

/** What a client may do with its own registration (RFC 7592), by its registration access token. */
@Injectable()
export class OwnRegistration {
  constructor(
    private readonly tokens: RegistrationTokens,
    private readonly sessions: SessionStore,
    private readonly closing: CloseSession,
    private readonly database: Database,
    private readonly log: Log,
  ) {}

  /** Whether this is the token of this client. Of any other client, or of none, there is one answer: no. */
  async isManagedBy(clientId: string, token: string): Promise<boolean> {
    return (await this.tokens.clientOf(token)) === clientId;
  }

  /**
   * Deletes the client, and with it every session that people have at it (section 2.3). All or nothing; the proxies are told of the
   * sessions by the outbox, if this process dies.
   */
  async delete(clientId: string, token: string): Promise<boolean> {
    const closed = await this.database.transaction(async (tx) =>
      (await this.tokens.deleteClient(tx, clientId, token))
        ? await this.sessions.closeOfClient(tx, clientId)
        : undefined,
    );
    if (closed === undefined) return false;
    this.log.info('client-deleted', { clientId, sessions: closed.length });
    await this.closing.tell(closed);
    return true;
  }
}
