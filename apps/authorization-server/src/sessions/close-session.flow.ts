import { Injectable } from '@nestjs/common';
import { sha256 } from '@gatehouse/kernel/digest';
import type { AccountId, SessionId } from '@gatehouse/kernel/ids';
import { AuditLog } from '@gatehouse/observability/audit-log';
import { Log } from '@gatehouse/observability/log';
import { withoutHiddenCharacters } from '../pages/hidden-characters.js';
import { AnnounceClosedSessions } from './announce-closed-sessions.job.js';
import { SessionStore, type ClosedSession, type CloseReason } from './session.store.js';
import { TellProxies } from './tell-proxies.flow.js';

/** Of one person, who is one of many that use the database and the bus. */
const AT_ONCE = 8;
/** Of sessions that end together. Those beyond are told by the outbox, which begins at once. */
const MAX_WAITED_FOR = 64;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Ends a session by one change of a row. The proxies know before this resolves, or as soon as they can be reached. */
@Injectable()
export class CloseSession {
  constructor(
    private readonly sessions: SessionStore,
    private readonly proxies: TellProxies,
    private readonly announcements: AnnounceClosedSessions,
    private readonly log: Log,
    private readonly audit: AuditLog,
  ) {}

  /** @param owner when given, a session of another account is left alone. */
  async close(tsid: string, reason: Exclude<CloseReason, 'expired'>, owner?: AccountId): Promise<boolean> {
    const closed = UUID.test(tsid) ? await this.sessions.close(tsid, reason, owner) : undefined;
    if (closed === undefined) return false;
    this.#record(closed);
    await this.proxies.run(closed);
    this.announcements.announceNow();
    return true;
  }

  /** Tells of sessions whose rows were changed together. */
  async tell(closed: readonly ClosedSession[]): Promise<void> {
    for (const one of closed) this.#record(one);
    this.announcements.announceNow();
    for (let at = 0; at < Math.min(closed.length, MAX_WAITED_FOR); at += AT_ONCE)
      await Promise.all(closed.slice(at, at + AT_ONCE).map(async (one) => await this.proxies.run(one)));
  }

  #record({ tsid, accountId, reason }: ClosedSession): void {
    this.log.info('session-closed', { tsid, reason });
    this.audit.write('session-closed', { subject: accountId, session: sha256(tsid), reason });
  }

  /** The same of a session that the vault names. It knows one a moment before this service: that one will not be opened any more. */
  async closeOfVault(
    tsid: SessionId,
    reason: Exclude<CloseReason, 'expired'>,
    owner: AccountId,
  ): Promise<void> {
    if (await this.close(tsid, reason, owner)) return;
    if (!(await this.sessions.forestall(tsid, owner, reason))) await this.close(tsid, reason, owner);
  }

  /**
   * Ends what an account has open now, whatever a page showed of it.
   * @param application only sessions of clients with this name, as pages show it.
   */
  async closeAll(owner: AccountId, reason: 'signed_out', application?: string): Promise<void> {
    const open = await this.sessions.listOpen(owner);
    const wanted = open.filter(
      ({ clientName }) => application === undefined || withoutHiddenCharacters(clientName) === application,
    );
    for (let at = 0; at < wanted.length; at += AT_ONCE)
      await Promise.all(
        wanted.slice(at, at + AT_ONCE).map(async ({ tsid }) => await this.close(tsid, reason, owner)),
      );
  }
}
