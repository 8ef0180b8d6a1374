import { Injectable } from '@nestjs/common';
import { sha256 } from '@gatehouse/kernel/digest';
import { Database } from '@gatehouse/persistence/database';

/** As a record of the protocol's, so that the same housekeeping ends it and keeps all of them small (record-expiry.store.ts). */
const MODEL = 'ClientDocument';
const MAX_ELSEWHERE = 3;

/**
 * The last good copy of each metadata document, for all replicas. It is used while the document cannot be fetched, for a week at
 * most: what its author has taken back since counts again, whoever keeps the gateway from reading it.
 */
@Injectable()
export class DocumentCopies {
  constructor(private readonly database: Database) {}

  async keep(url: string, body: string): Promise<void> {
    await this.database.query({
      name: 'document-copy-keep',
      text: `insert into oidc_records (model, id, payload, expires_at) values ($1, $2, $3, now() + interval '7 days')
        on conflict (model, id) do update set payload = excluded.payload, expires_at = excluded.expires_at, created_at = now()`,
      values: [MODEL, sha256(url), JSON.stringify({ url, body })],
    });
  }

  /** It is not there any more where it should be. */
  async forget(url: string): Promise<void> {
    await this.database.query({
      name: 'document-copy-forget',
      text: 'delete from oidc_records where model = $1 and id = $2',
      values: [MODEL, sha256(url)],
    });
  }

  async find(url: string): Promise<string | undefined> {
    const { rows } = await this.database.query<{ body: string }>({
      name: 'document-copy-find',
      text: `select payload->>'body' as body from oidc_records where model = $1 and id = $2 and expires_at > now()`,
      values: [MODEL, sha256(url)],
    });
    return rows[0]?.body;
  }

  /**
   * Documents that were read before, each at another host, none at this one. First those whose clients most people have approved:
   * nobody gets there by an authorization request alone.
   */
  async elsewhere(host: string): Promise<readonly string[]> {
    const { rows } = await this.database.query<{ url: string }>({
      name: 'document-copies-elsewhere',
      text: `with copies as (
          select payload->>'url' as url, split_part(payload->>'url', '/', 3) as host, created_at,
            (select count(*) from approvals where client_id = payload->>'url') as people
          from oidc_records where model = $1),
        hosts as (select distinct on (host) * from copies where host <> $2 order by host, people desc, created_at desc)
        select url from hosts order by people desc, created_at desc limit ${MAX_ELSEWHERE}`,
      values: [MODEL, host],
    });
    return rows.map(({ url }) => url);
  }
}
