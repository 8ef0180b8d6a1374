import { Injectable } from '@nestjs/common';
import { storedLimits, type WrittenLimits } from '@gatehouse/config/given-limits';
import type { ClientLimits } from '@gatehouse/config/model/client-limits';
import { Log } from '@gatehouse/observability/log';
import { FIND_LIMITS, REMOVE_LIMITS, SET_LIMITS } from '@gatehouse/persistence/client-limit-statements';
import { Database } from '@gatehouse/persistence/database';
import { endedBy, Expiry } from '@gatehouse/persistence/expiry';

interface LimitsRow {
  readonly clientId: string;
  readonly limits: unknown;
}

/** As `sha256` of the kernel has it. */
const DIGEST = `translate(rtrim(encode(sha256(convert_to(client_id, 'UTF8')), 'base64'), '='), '+/', '-_')`;

/** A client with a document comes back by itself, and a deletion does not lift its limits. Others are never seen again. */
const SWEEP = {
  name: 'sweep-client-limits',
  text: `delete from client_limits where client_id !~ '^https?://'
    and not exists (select from oidc_records where model = 'Client' and id = ${DIGEST})`,
} as const;

/** Who cannot read what somebody is limited to gives them nothing. */
const NOTHING: ClientLimits = { resources: [], scopes: [] };

/** Limits of clients that stand in no configuration, as an administrator has set them. */
@Injectable()
export class GivenLimits {
  constructor(
    private readonly database: Database,
    private readonly log: Log,
    expiry: Expiry,
  ) {
    expiry.add(endedBy(database, [SWEEP]));
  }

  /** Another text whenever anything was changed. */
  async state(): Promise<string> {
    const { rows } = await this.database.query<{ readonly state: string }>({
      name: 'client-limits-state',
      text: `select count(*) || ':' || coalesce(sum(hashtextextended(client_id || ' ' || limits::text, 0)::numeric), 0) as state
        from client_limits`,
      values: [],
    });
    return rows[0]?.state ?? '';
  }

  async all(): Promise<ReadonlyMap<string, ClientLimits>> {
    const { rows } = await this.database.query<LimitsRow>({
      name: 'client-limits-all',
      text: 'select client_id as "clientId", limits from client_limits',
      values: [],
    });
    return new Map(rows.map(({ clientId, limits }) => [clientId, this.#read(clientId, limits)]));
  }

  /** In the words in which they were set. */
  async find(clientId: string): Promise<WrittenLimits | undefined> {
    const { rows } = await this.database.query<{ readonly limits: WrittenLimits }>({
      name: 'client-limits-find',
      text: FIND_LIMITS,
      values: [clientId],
    });
    return rows[0]?.limits;
  }

  async set(clientId: string, limits: WrittenLimits): Promise<void> {
    await this.database.query({
      name: 'client-limits-set',
      text: SET_LIMITS,
      values: [clientId, JSON.stringify(limits)],
    });
  }

  /** @returns false: there were none */
  async remove(clientId: string): Promise<boolean> {
    const { rowCount } = await this.database.query({
      name: 'client-limits-remove',
      text: REMOVE_LIMITS,
      values: [clientId],
    });
    return rowCount === 1;
  }

  #read(clientId: string, stored: unknown): ClientLimits {
    const limits = storedLimits(stored);
    if (limits === undefined) this.log.warn('client-limits-not-read', { clientId });
    return limits ?? NOTHING;
  }
}
