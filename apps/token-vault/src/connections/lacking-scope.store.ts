import { Injectable } from '@nestjs/common';
import { HOUR_MS } from '@gatehouse/kernel/durations';
import type { AccountId, ConnectionId } from '@gatehouse/kernel/ids';
import { Database } from '@gatehouse/persistence/database';
import type { WantedOfSignIn } from '../providers/wished-sign-in.js';

/** A backend that misses ever new ones is asked for the last ones. */
const MOST_KEPT = 90;

/**
 * So long a sign-in asks for what was noted. A provider that shows an error page of its own, and sends nobody back, would keep its person
 * from connecting for ever. A backend that still wants it says so at the next call. A replica of the release before notes no
 * time: where nothing is noted there is none, so that its notes count.
 */
const NOTED_FOR_MS = HOUR_MS;

/** Scopes that a backend missed in a connection's token. They are asked for when the person connects again. */
@Injectable()
export class LackingScopeStore {
  constructor(private readonly database: Database) {}

  /** @returns those of them that the connection does not have; empty: it has them all. */
  async note(id: ConnectionId, scopes: readonly string[]): Promise<readonly string[]> {
    const { rows } = await this.database.query<{ missing: readonly string[] }>({
      name: 'lacking-scope-note',
      text: `update connections c
             set lacking_scopes = case
               when cardinality(c.lacking_scopes) + cardinality(n.missing) > $3
                 or c.lacking_at < now() - $4 * interval '1 ms' then n.missing
               else array(select distinct unnest(c.lacking_scopes || n.missing)) end,
               lacking_at = now()
             from (select id, array(select unnest($2::text[]) except select unnest(scopes)) as missing
                   from connections where id = $1) as n
             where c.id = n.id and cardinality(n.missing) > 0
             returning n.missing`,
      values: [id, scopes, MOST_KEPT, NOTED_FOR_MS],
    });
    return rows[0]?.missing ?? [];
  }

  /** What the person has and what was missed (MCP, step-up authorization flow); empty when nothing was missed. */
  async stepUp(accountId: AccountId, provider: string): Promise<readonly string[]> {
    const { rows } = await this.database.query<{ scopes: readonly string[] }>({
      name: 'lacking-scope-step-up',
      text: `select scopes || lacking_scopes as scopes from connections
             where account_id = $1 and provider = $2 and cardinality(lacking_scopes) > 0
               and coalesce(lacking_at, now()) > now() - $3 * interval '1 ms'`,
      values: [accountId, provider, NOTED_FOR_MS],
    });
    return rows[0]?.scopes ?? [];
  }

  /** What an endpoint or a backend wants the next sign-in to show (`ExchangedTokenStore.noteWanted`). */
  async wanted(accountId: AccountId, provider: string): Promise<WantedOfSignIn> {
    const { rows } = await this.database.query<Noted>({
      name: 'wanted-of-sign-in',
      text: `select claims_challenge as claims, acr_challenge as "acrValues", max_age_challenge as "maxAgeSeconds"
             from connections
             where account_id = $1 and provider = $2 and coalesce(challenged_at, now()) > now() - $3 * interval '1 ms'`,
      values: [accountId, provider, NOTED_FOR_MS],
    });
    const { claims, acrValues, maxAgeSeconds } = rows[0] ?? NOTHING;
    return {
      ...(claims === null ? {} : { claims }),
      ...(acrValues === null ? {} : { acrValues }),
      ...(maxAgeSeconds === null ? {} : { maxAgeSeconds }),
    };
  }

  /** Its provider refused a sign-in, maybe for that: the next one goes without it. Whoever still wants it says so again. */
  async forgetWanted(accountId: AccountId, provider: string): Promise<void> {
    await this.database.query({
      name: 'wanted-of-sign-in-forget',
      text: `update connections set claims_challenge = null, acr_challenge = null, max_age_challenge = null, challenged_at = null
             where account_id = $1 and provider = $2`,
      values: [accountId, provider],
    });
  }
}

interface Noted {
  readonly claims: string | null;
  readonly acrValues: string | null;
  readonly maxAgeSeconds: number | null;
}

const NOTHING: Noted = { claims: null, acrValues: null, maxAgeSeconds: null };
