import { Injectable } from '@nestjs/common';
import { Log } from '@gatehouse/observability/log';
import { FORGET_APPROVALS } from '@gatehouse/persistence/client-statements';
import { Database, type Queries } from '@gatehouse/persistence/database';
import { CloseSession } from '../sessions/close-session.flow.js';
import { SessionStore } from '../sessions/session.store.js';

/** Deletes a client, and with it every session that people have at it, and what they approved. */
@Injectable()
export class DeleteClient {
  constructor(
    private readonly sessions: SessionStore,
    private readonly closing: CloseSession,
    private readonly database: Database,
    private readonly log: Log,
  ) {}

  /**
   * All or nothing; the proxies are told of the sessions by the outbox, if this process dies.
   * @param forget takes away what is kept of the client itself. First, so that it gets no further session. False: nothing is deleted.
   */
  async run(clientId: string, forget: (tx: Queries) => Promise<boolean>): Promise<boolean> {
    const closed = await this.database.transaction(async (tx) => {
      if (!(await forget(tx))) return undefined;
      const sessions = await this.sessions.closeOfClient(tx, clientId);
      // After the sessions: nothing is approved at a session that has ended (`ApprovalStore`).
      await tx.query({
        name: 'approvals-of-client-delete',
        text: FORGET_APPROVALS,
        values: [clientId],
      });
      return sessions;
    });
    if (closed === undefined) return false;
    this.log.info('client-deleted', { clientId, sessions: closed.length });
    await this.closing.tell(closed);
    return true;
  }
}
