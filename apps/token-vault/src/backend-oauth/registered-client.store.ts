import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DAY_MS } from '@gatehouse/kernel/durations';
import { Database, type Statement } from '@gatehouse/persistence/database';
import { endedBy, Expiry } from '@gatehouse/persistence/expiry';
import { columnsOf, type RowOf } from '@gatehouse/persistence/row-of';
import type { z } from 'zod';
import type { UpstreamClient as Model } from '../generated/client.js';
import { Keyring, upstreamClientOwner } from '../keyring/keyring.js';
import { LEASE_MS } from '../leases/lease.js';
import { registeredClient, type Registered } from './registration-answer.js';

/** A client is of one provider at one issuer: what one issuer gave is never sent to another. */
export interface ClientPlace {
  readonly provider: string;
  readonly issuer: string;
}

export interface StoredClient {
  readonly client: z.output<typeof registeredClient>;
  readonly redirectUri: string;
  readonly registeredAtMs: number;
  /** Absent: never. */
  readonly secretExpiresAtMs?: number;
}

/** What is registered at one place. */
export interface Registration {
  /** Grows with each change. */
  readonly version: number;
  /** For new sign-ins. */
  readonly current?: StoredClient;
}

export interface RegistrationLease extends ClientPlace {
  readonly owner: string;
}

const FIELDS = [
  'clientId',
  'client',
  'redirectUri',
  'registeredAt',
  'secretExpiresAt',
] as const satisfies readonly (keyof Model)[];
type ClientRow = RowOf<Model, (typeof FIELDS)[number]>;

/** Grants may be of a client that is not the current one. A month after its secret, or a year and more without use, none is. */
const EXPIRED: Statement = {
  name: 'upstream-clients-sweep',
  text: `delete from upstream_clients c
         where (c.secret_expires_at < now() - $1 * interval '1 ms' or c.superseded_at < now() - $2 * interval '1 ms')
           and not exists (select from upstream_issuers i where i.provider = c.provider and i.issuer = c.issuer
                             and i.current_client_id = c.client_id)`,
  values: [30 * DAY_MS, 400 * DAY_MS],
};

/** The clients that authorization servers of backends registered for this gateway, sealed. */
@Injectable()
export class RegisteredClientStore {
  constructor(
    private readonly database: Database,
    private readonly keyring: Keyring,
    expiry: Expiry,
  ) {
    expiry.add(endedBy(database, [EXPIRED]));
  }

  /**
   * Writes down that a provider uses an issuer.
   * @param most issuers that it may have used; left out: any number
   * @returns the providers that used it before this one did, in that order; `undefined`: there were too many issuers already
   */
  async claim({ provider, issuer }: ClientPlace, most?: number): Promise<readonly string[] | undefined> {
    await this.database.query({
      name: 'upstream-issuer-claim',
      text: `insert into upstream_issuers (provider, issuer)
             select $1, $2 where $3::int is null or (select count(*) from upstream_issuers where provider = $1) < $3
             on conflict do nothing`,
      values: [provider, issuer, most ?? null],
    });
    const { rows } = await this.database.query<{ before: string | null }>({
      name: 'upstream-issuer-claims',
      text: `select other.provider as before from upstream_issuers own
             left join upstream_issuers other on other.issuer = own.issuer and other.provider <> own.provider
               and (other.first_seen_at, other.provider) < (own.first_seen_at, own.provider)
             where own.provider = $1 and own.issuer = $2
             order by other.first_seen_at, other.provider`,
      values: [provider, issuer],
    });
    return rows.length === 0 ? undefined : rows.flatMap(({ before }) => before ?? []);
  }

  async find(place: ClientPlace): Promise<Registration> {
    const { rows } = await this.database.query<{ version: number } & (ClientRow | { clientId: null })>({
      name: 'upstream-client-current',
      text: `select i.version, ${columnsOf(FIELDS, 'c')} from upstream_issuers i
             left join upstream_clients c on c.provider = i.provider and c.issuer = i.issuer and c.client_id = i.current_client_id
             where i.provider = $1 and i.issuer = $2`,
      values: [place.provider, place.issuer],
    });
    const [row] = rows;
    if (row === undefined) return { version: 0 };
    const current = row.clientId === null ? undefined : this.#opened(place, row);
    return { version: row.version, ...(current === undefined ? {} : { current }) };
  }

  /** A client of before, too. @returns `undefined` when it is not known; `sealed` when its row does not open */
  async ofId(place: ClientPlace, clientId: string): Promise<StoredClient | 'sealed' | undefined> {
    const { rows } = await this.database.query<ClientRow>({
      name: 'upstream-client-of-id',
      text: `select ${columnsOf(FIELDS)} from upstream_clients where provider = $1 and issuer = $2 and client_id = $3`,
      values: [place.provider, place.issuer, clientId],
    });
    const [row] = rows;
    return row && (this.#opened(place, row) ?? 'sealed');
  }

  /** @returns the right to register, or `undefined` when another replica has it or has used it. */
  async acquire(place: ClientPlace, seenVersion: number): Promise<RegistrationLease | undefined> {
    const owner = randomUUID();
    const { rowCount } = await this.database.query({
      name: 'upstream-client-acquire',
      text: `update upstream_issuers set lease_owner = $3, lease_until = now() + $4 * interval '1 ms'
             where provider = $1 and issuer = $2 and version = $5 and (lease_until is null or lease_until < now())`,
      values: [place.provider, place.issuer, owner, LEASE_MS, seenVersion],
    });
    return rowCount === 1 ? { ...place, owner } : undefined;
  }

  async renew({ provider, issuer, owner }: RegistrationLease): Promise<void> {
    await this.database.query({
      name: 'upstream-client-renew',
      text: `update upstream_issuers set lease_until = now() + $4 * interval '1 ms'
             where provider = $1 and issuer = $2 and lease_owner = $3`,
      values: [provider, issuer, owner, LEASE_MS],
    });
  }

  async release({ provider, issuer, owner }: RegistrationLease): Promise<void> {
    await this.database.query({
      name: 'upstream-client-release',
      text: `update upstream_issuers set lease_owner = null, lease_until = null
             where provider = $1 and issuer = $2 and lease_owner = $3`,
      values: [provider, issuer, owner],
    });
  }

  /** Makes a new client the current one. @returns false when the lease was lost: another replica may have registered. */
  async publish(
    { provider, issuer, owner }: RegistrationLease,
    redirectUri: string,
    { client, secretExpiresAtMs }: Registered,
  ): Promise<boolean> {
    const { clientId } = client;
    const sealed = this.keyring.seal(client, upstreamClientOwner(provider, issuer, clientId));
    return await this.database.transaction(async (tx) => {
      const { rowCount } = await tx.query({
        name: 'upstream-client-publish',
        text: `update upstream_issuers set current_client_id = $4, version = version + 1, lease_owner = null, lease_until = null
               where provider = $1 and issuer = $2 and lease_owner = $3`,
        values: [provider, issuer, owner, clientId],
      });
      if (rowCount !== 1) return false;
      await tx.query({
        name: 'upstream-client-supersede',
        text: `update upstream_clients set superseded_at = now()
               where provider = $1 and issuer = $2 and client_id <> $3 and superseded_at is null`,
        values: [provider, issuer, clientId],
      });
      await tx.query({
        name: 'upstream-client-add',
        text: `insert into upstream_clients (provider, issuer, client_id, redirect_uri, client, secret_expires_at)
               values ($1, $2, $3, $4, $5, $6)
               on conflict (provider, issuer, client_id) do update set redirect_uri = excluded.redirect_uri, client = excluded.client,
                 secret_expires_at = excluded.secret_expires_at, registered_at = now(), superseded_at = null`,
        values: [
          provider,
          issuer,
          clientId,
          redirectUri,
          sealed,
          secretExpiresAtMs === undefined ? null : new Date(secretExpiresAtMs),
        ],
      });
      return true;
    });
  }

  /** The issuer does not know this client any more. @returns whether it was a registered one */
  async retire({ provider, issuer }: ClientPlace, clientId: string): Promise<boolean> {
    return await this.database.transaction(async (tx) => {
      const { rowCount } = await tx.query({
        name: 'upstream-client-retire',
        text: `update upstream_clients set superseded_at = coalesce(superseded_at, now())
               where provider = $1 and issuer = $2 and client_id = $3`,
        values: [provider, issuer, clientId],
      });
      await tx.query({
        name: 'upstream-client-uncurrent',
        text: `update upstream_issuers set current_client_id = null, version = version + 1
               where provider = $1 and issuer = $2 and current_client_id = $3`,
        values: [provider, issuer, clientId],
      });
      return rowCount === 1;
    });
  }

  #opened({ provider, issuer }: ClientPlace, row: ClientRow): StoredClient | undefined {
    const owner = upstreamClientOwner(provider, issuer, row.clientId);
    const client = this.keyring.open(registeredClient, row.client, owner);
    if (client === undefined) return undefined;
    return {
      client,
      redirectUri: row.redirectUri,
      registeredAtMs: row.registeredAt.getTime(),
      ...(row.secretExpiresAt === null ? {} : { secretExpiresAtMs: row.secretExpiresAt.getTime() }),
    };
  }
}
