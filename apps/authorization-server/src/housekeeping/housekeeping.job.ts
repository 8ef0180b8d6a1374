import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import { MIB } from '@gatehouse/kernel/sizes';
import { Log } from '@gatehouse/observability/log';
import { Database } from '@gatehouse/persistence/database';
import { Room, type Expendable } from '@gatehouse/persistence/room';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { GRACE_MS } from '../refresh-tokens/refresh-token.store.js';
import { CloseSession } from '../sessions/close-session.flow.js';
import { SessionStore } from '../sessions/session.store.js';

const EVERY_MS = MINUTE_MS;

/** Rows that nobody can use any more. Every statement may run on several replicas at once. */
export const SWEEPS = [
  {
    // What was exchanged is kept for no longer than it is answered again.
    name: 'sweep-successors',
    text: `update oidc_records set sealed_successor = null
      where sealed_successor is not null and consumed_at < now() - interval '${GRACE_MS} ms'`,
  },
  { name: 'sweep-records', text: 'delete from oidc_records where expires_at < now()' },
  { name: 'sweep-attempts', text: 'delete from attempts where expires_at < now()' },
  {
    name: 'sweep-sessions',
    text: "delete from sessions where announced_at is not null and closed_at < now() - interval '30 days'",
  },
  {
    // Registered, but nobody ever signed in with it.
    name: 'sweep-clients',
    text: `delete from oidc_records r where model = 'Client' and created_at < now() - interval '30 days'
      and not exists (select from sessions s where s.client_id = r.payload->>'client_id')
      and not exists (select from approvals a where a.client_id = r.payload->>'client_id')`,
  },
  {
    // The vault drops what an attempt has left by itself long before.
    name: 'sweep-abandoned',
    text: "delete from abandoned_attempts where abandoned_at < now() - interval '7 days'",
  },
] as const;

/** What anybody can make us store who has not signed in. Whoever floods us takes no room from those who have. */
export const EXPENDABLE: readonly Expendable[] = [
  { table: 'attempts', age: 'created_at', maxBytes: 256 * MIB },
  {
    table: 'oidc_records',
    // Requests on their way, and browsers in which nobody is signed in; a sign-in that is done has a grant.
    where: `model in ('Interaction', 'Session', 'PushedAuthorizationRequest', 'ReplayDetection')
      and not (model = 'Session' and payload ? 'accountId')`,
    age: 'created_at',
    maxBytes: 256 * MIB,
  },
  {
    table: 'oidc_records',
    // Registered, and nobody has signed in with it yet.
    where: `model = 'Client' and created_at < now() - interval '1 hour'
      and not exists (select from sessions s where s.client_id = t.payload->>'client_id')
      and not exists (select from approvals a where a.client_id = t.payload->>'client_id')`,
    age: 'created_at',
    maxBytes: 256 * MIB,
  },
];

/** Of one account at a time. Its clients together need fewer; a client that signs in for every call has no more of them open. */
const MOST_SESSIONS = 1_000;
const CLOSED_AT_ONCE = 100;

@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly sessions: SessionStore,
    private readonly closing: CloseSession,
    private readonly room: Room,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.sessions.shorten(this.config.tokenLifespans);
    this.#timer = setInterval(() => {
      this.#running ??= this.sweep()
        .catch((error: unknown) => this.log.failure('sweep-failed', error))
        .finally(() => {
          this.#running = undefined;
        });
    }, EVERY_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async sweep(mostSessions = MOST_SESSIONS): Promise<void> {
    await this.sessions.closeExpired();
    for (const tsid of await this.sessions.beyond(mostSessions, CLOSED_AT_ONCE))
      await this.closing.close(tsid, 'revoked');
    for (const sweep of SWEEPS) await this.database.query(sweep);
    await this.room.make(EXPENDABLE);
  }
}
