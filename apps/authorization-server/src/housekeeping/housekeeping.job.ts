import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import { MIB } from '@gatehouse/kernel/sizes';
import { Log } from '@gatehouse/observability/log';
import { Database } from '@gatehouse/persistence/database';
import { Expiry } from '@gatehouse/persistence/expiry';
import type { Expendable } from '@gatehouse/persistence/room';
import { GRACE_MS } from '../refresh-tokens/refresh-token.store.js';
import { CloseSession } from '../sessions/close-session.flow.js';
import { SessionStore } from '../sessions/session.store.js';

const EVERY_MS = MINUTE_MS;

/** Rows that nobody can use any more. Every statement may run on several replicas at once. */
export const SWEEPS = [
  {
    // A successor is kept only as long as it may be given again.
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
    // The vault has dropped the rest of such an attempt by itself long before.
    name: 'sweep-abandoned',
    text: "delete from abandoned_attempts where abandoned_at < now() - interval '7 days'",
  },
] as const;

/** Rows that anybody can cause without signing in. A flood of them takes no room from people who have signed in. */
export const EXPENDABLE: readonly Expendable[] = [
  { table: 'attempts', age: 'created_at', maxBytes: 256 * MIB },
  {
    table: 'oidc_records',
    // Requests under way, and browsers in which nobody is signed in. A finished sign-in has a grant.
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

/** Open sessions of one account. Its clients need fewer; a client that signs in for every call gets no more. */
const MAX_SESSIONS = 1_000;
const CLOSED_AT_ONCE = 100;

@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(
    database: Database,
    private readonly sessions: SessionStore,
    private readonly closing: CloseSession,
    private readonly expiry: Expiry,
    private readonly log: Log,
  ) {
    expiry.add({
      endExpired: async () => {
        for (const sweep of SWEEPS) await database.query(sweep);
      },
      expendable: EXPENDABLE,
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.sessions.shorten();
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

  async sweep(maxSessions = MAX_SESSIONS): Promise<void> {
    await this.sessions.closeExpired();
    for (const tsid of await this.sessions.beyond(maxSessions, CLOSED_AT_ONCE))
      await this.closing.close(tsid, 'revoked');
    await this.expiry.run();
  }
}
