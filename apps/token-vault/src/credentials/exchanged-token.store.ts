import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { HOUR_MS } from '@gatehouse/kernel/durations';
import type { AccountId, ConnectionId, SessionId } from '@gatehouse/kernel/ids';
import { Database, type Statement } from '@gatehouse/persistence/database';
import { endedBy, Expiry } from '@gatehouse/persistence/expiry';
import { columnsOf, type RowOf } from '@gatehouse/persistence/row-of';
import { z } from 'zod';
import type { ExchangedToken as Model } from '../generated/client.js';
import { exchangedOwner, Keyring } from '../keyring/keyring.js';
import { LEASE_MS } from '../leases/lease.js';
import type { WantedOfSignIn } from '../providers/wished-sign-in.js';
import { audiencesIn } from '../providers/token-audiences.js';
import type { IssuedCredential } from './exchange-outcome.js';

/** Names one cached result; the account is part of the key and of the seal. */
export interface CacheEntry {
  readonly key: string;
  readonly backend: string;
  readonly accountId: AccountId;
  readonly tsid?: SessionId | undefined;
  readonly connectionId?: ConnectionId | undefined;
}

export interface CachedToken {
  readonly version: number;
  readonly leased: boolean;
  readonly token?: ExchangedToken;
}

export interface ExchangedToken extends IssuedCredential {
  readonly obtainedAtMs: number;
  readonly expiresAtMs: number;
}

/** As it is sealed: the token alone, or with what signs requests. */
const sealedToken = z.union([
  z.string().transform((accessToken): IssuedCredential => ({ accessToken })),
  z.strictObject({
    accessToken: z.string(),
    signingKey: z.strictObject({ id: z.string(), secret: z.string() }),
  }),
]);

export interface ExchangeLease {
  readonly key: string;
  readonly owner: string;
}

const FIELDS = ['version', 'token', 'obtainedAt', 'expiresAt'] as const satisfies readonly (keyof Model)[];

interface FoundToken extends RowOf<Model, (typeof FIELDS)[number]> {
  readonly leased: boolean;
}

/** A row without a token (its exchange failed, or its process died) is swept after this. */
const KEEP_EMPTY_MS = HOUR_MS;

/** A row is kept while a replica is making its next version. */
const EXPIRED: Statement = {
  name: 'exchanged-sweep',
  text: 'delete from exchanged_tokens where delete_after < now() and coalesce(lease_until < now(), true)',
};

@Injectable()
export class ExchangedTokenStore {
  constructor(
    private readonly database: Database,
    private readonly keyring: Keyring,
    expiry: Expiry,
  ) {
    expiry.add(endedBy(database, [EXPIRED]));
  }

  async find({ key, accountId, backend }: CacheEntry): Promise<CachedToken | undefined> {
    const { rows } = await this.database.query<FoundToken>({
      name: 'exchanged-find',
      text: `select ${columnsOf(FIELDS)}, coalesce(lease_until > now(), false) as leased
             from exchanged_tokens where key = $1 and account_id = $2 and backend = $3`,
      values: [key, accountId, backend],
    });
    const [row] = rows;
    if (row === undefined) return undefined;
    const { version, leased, token, obtainedAt, expiresAt } = row;
    if (token === null || obtainedAt === null || expiresAt === null) return { version, leased };
    const credential = this.keyring.open(sealedToken, token, exchangedOwner(accountId, backend, key));
    // It was a cached copy: the next exchange replaces it.
    if (credential === undefined) return { version, leased };
    return {
      version,
      leased,
      token: { ...credential, obtainedAtMs: obtainedAt.getTime(), expiresAtMs: expiresAt.getTime() },
    };
  }

  /** @returns the lease for the next version, or `undefined` when another replica holds it or has used it. */
  async acquire(entry: CacheEntry, seenVersion: number): Promise<ExchangeLease | undefined> {
    const owner = randomUUID();
    const { rowCount } = await this.database.query({
      name: 'exchanged-acquire',
      text: `insert into exchanged_tokens as e (key, backend, account_id, tsid, connection_id, lease_owner, lease_until, delete_after)
             values ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 ms', now() + $8 * interval '1 ms')
             on conflict (key) do update set lease_owner = excluded.lease_owner, lease_until = excluded.lease_until
             where e.version = $9 and (e.lease_until is null or e.lease_until < now())`,
      values: [
        entry.key,
        entry.backend,
        entry.accountId,
        entry.tsid ?? null,
        entry.connectionId ?? null,
        owner,
        LEASE_MS,
        KEEP_EMPTY_MS,
        seenVersion,
      ],
    });
    return rowCount === 1 ? { key: entry.key, owner } : undefined;
  }

  /** Shows the other replicas that the holder is still working. */
  async renew({ key, owner }: ExchangeLease): Promise<void> {
    await this.database.query({
      name: 'exchanged-renew',
      text: `update exchanged_tokens set lease_until = now() + $3 * interval '1 ms' where key = $1 and lease_owner = $2`,
      values: [key, owner, LEASE_MS],
    });
  }

  /** @returns false when the lease, the session or the connection is gone. */
  async publish(
    lease: ExchangeLease,
    entry: CacheEntry,
    { accessToken, signingKey, obtainedAtMs, expiresAtMs }: ExchangedToken,
  ): Promise<boolean> {
    const sealed = this.keyring.seal(
      signingKey === undefined ? accessToken : { accessToken, signingKey },
      exchangedOwner(entry.accountId, entry.backend, entry.key),
    );
    const { rowCount } = await this.database.query({
      name: 'exchanged-publish',
      text: `update exchanged_tokens set token = $3, obtained_at = $4, expires_at = $5, delete_after = $5, version = version + 1,
               token_audiences = $6, lease_owner = null, lease_until = null
             where key = $1 and lease_owner = $2`,
      values: [
        lease.key,
        lease.owner,
        sealed,
        new Date(obtainedAtMs),
        new Date(expiresAtMs),
        audiencesIn(accessToken),
      ],
    });
    return rowCount === 1;
  }

  /** What the connection's next sign-in has to show, in the place of what was said earlier. It ends by itself (`LackingScopeStore`), and when they connect. */
  async noteWanted(id: ConnectionId, { claims, acrValues, maxAgeSeconds }: WantedOfSignIn): Promise<void> {
    await this.database.query({
      name: 'sign-in-wanted-note',
      text: `update connections set claims_challenge = $2, acr_challenge = $3, max_age_challenge = $4, challenged_at = now()
             where id = $1`,
      values: [id, claims ?? null, acrValues ?? null, maxAgeSeconds ?? null],
    });
  }

  async release({ key, owner }: ExchangeLease): Promise<void> {
    await this.database.query({
      name: 'exchanged-release',
      text: 'update exchanged_tokens set lease_owner = null, lease_until = null where key = $1 and lease_owner = $2',
      values: [key, owner],
    });
  }
}
