import { Injectable } from '@nestjs/common';
import { sha256 } from '@gatehouse/kernel/digest';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { newAttemptId, type AttemptId } from '@gatehouse/kernel/ids';
import { MIB } from '@gatehouse/kernel/sizes';
import { Database, type Queries } from '@gatehouse/persistence/database';
import { endedBy, Expiry } from '@gatehouse/persistence/expiry';
import type { Expendable } from '@gatehouse/persistence/room';
import { columnsOf, type RowOf } from '@gatehouse/persistence/row-of';
import type { AbandonedAttempt, Attempt } from '../generated/client.js';
import { parseAttemptState, type AttemptState } from './attempt.js';

/** An attempt as it was read; `version` lets exactly one of several writers change it. */
export interface StoredAttempt<State extends AttemptState = AttemptState> {
  readonly id: AttemptId;
  readonly version: number;
  readonly expiresAtMs: number;
  readonly state: State;
}

const FIELDS = ['id', 'state', 'version', 'expiresAt'] as const;
type AttemptRow = RowOf<Attempt, (typeof FIELDS)[number], { id: AttemptId }>;

const COLUMNS = columnsOf(FIELDS);
/** Of several changes at once one succeeds each time, and one browser makes few at once, even if it repeats itself. */
const MAX_CHANGE_TRIES = 64;

export const ATTEMPT_SWEEPS = [
  { name: 'sweep-attempts', text: 'delete from attempts where expires_at < now()' },
  {
    // The vault has dropped the rest of such an attempt by itself long before.
    name: 'sweep-abandoned',
    text: "delete from abandoned_attempts where abandoned_at < now() - interval '7 days'",
  },
] as const;

/** Anybody can begin an attempt without signing in. */
export const EXPENDABLE_ATTEMPTS: Expendable = { table: 'attempts', age: 'created_at', maxBytes: 256 * MIB };

@Injectable()
export class AttemptStore {
  constructor(
    private readonly database: Database,
    expiry: Expiry,
  ) {
    expiry.add(endedBy(database, ATTEMPT_SWEEPS, [EXPENDABLE_ATTEMPTS]));
  }

  /**
   * Makes the attempt of an interaction, or finds it: a reload of the page does not begin a second one.
   * @param interaction the interaction's uid; stored as its digest.
   */
  async ensure(
    id: AttemptId,
    interaction: string,
    state: AttemptState,
    ttlMs: number,
  ): Promise<StoredAttempt> {
    await this.#insert(id, sha256(interaction), state, ttlMs);
    const found = await this.forInteraction(interaction);
    if (found === undefined) throw new GatehouseError('attempt_unknown');
    return found;
  }

  async begin(id: AttemptId, state: AttemptState, ttlMs: number): Promise<StoredAttempt> {
    await this.#insert(id, null, state, ttlMs);
    return await this.load(id);
  }

  /** @throws {GatehouseError} `attempt_unknown` when there is none, or it has expired. */
  async load(id: AttemptId): Promise<StoredAttempt> {
    const { rows } = await this.database.query<AttemptRow>({
      name: 'attempt-by-id',
      text: `select ${COLUMNS} from attempts where id = $1 and expires_at > now()`,
      values: [id],
    });
    return required(rows[0]);
  }

  async forInteraction(interaction: string): Promise<StoredAttempt | undefined> {
    const { rows } = await this.database.query<AttemptRow>({
      name: 'attempt-by-interaction',
      text: `select ${COLUMNS} from attempts where interaction = $1 and expires_at > now()`,
      values: [sha256(interaction)],
    });
    return rows[0] === undefined ? undefined : required(rows[0]);
  }

  /** Of several ids of browsers' cookies, each of which is an interaction's uid or an attempt's own id. */
  async ofBrowsers(ids: readonly string[]): Promise<readonly StoredAttempt[]> {
    if (ids.length === 0) return [];
    const { rows } = await this.database.query<AttemptRow>({
      name: 'attempts-of-browsers',
      text: `select ${COLUMNS} from attempts where (interaction = any($1) or id = any($2)) and expires_at > now()`,
      values: [ids.map(sha256), ids],
    });
    return rows.map(required);
  }

  /** @returns of several uids that of the authorization request which was made last and has no answer. */
  async latestRequest(uids: readonly string[]): Promise<string | undefined> {
    if (uids.length === 0) return undefined;
    const { rows } = await this.database.query<{ id: string }>({
      name: 'request-of-browser',
      text: `select id from oidc_records where model = 'Interaction' and id = any($1) and expires_at > now()
        and not payload ? 'result' order by created_at desc limit 1`,
      values: [uids.map(sha256)],
    });
    return uids.find((uid) => sha256(uid) === rows[0]?.id);
  }

  /** Applies a pure change by compare-and-set, on the newest state if somebody else was faster. */
  async change(id: AttemptId, next: (state: AttemptState) => AttemptState): Promise<StoredAttempt> {
    return await this.#write(id, id, next);
  }

  /** The attempt goes on under another id. The old one is abandoned, so that a leg still under way for it leads nowhere. */
  async restart(id: AttemptId, next: (state: AttemptState) => AttemptState): Promise<StoredAttempt> {
    return await this.#write(id, newAttemptId(), next);
  }

  async #write(
    id: AttemptId,
    newId: AttemptId,
    next: (state: AttemptState) => AttemptState,
  ): Promise<StoredAttempt> {
    for (let tries = 0; tries < MAX_CHANGE_TRIES; tries += 1) {
      const before = await this.load(id);
      const { rows } = await this.database.query<AttemptRow>({
        name: 'attempt-change',
        text: `with changed as (
            update attempts set id = $4, state = $3, version = version + 1 where id = $1 and version = $2 returning ${COLUMNS}
          ), left_behind as (
            insert into abandoned_attempts (id) select $1 from changed where id <> $1 on conflict do nothing
          )
          select * from changed`,
        values: [id, before.version, JSON.stringify(next(before.state)), newId],
      });
      if (rows[0] !== undefined) return required(rows[0]);
    }
    throw new GatehouseError('busy', 'the attempt is being changed by too many requests');
  }

  /** Removes the attempt, and keeps its id in the outbox until the vault knows. */
  async abandon(id: AttemptId): Promise<void> {
    await this.database.query({
      name: 'attempt-abandon',
      text: `with gone as (delete from attempts where id = $1 returning id)
        insert into abandoned_attempts (id) select id from gone on conflict do nothing`,
      values: [id],
    });
  }

  /** The same of every attempt of an account that is being deleted. */
  async abandonOf(tx: Queries, accountId: string): Promise<void> {
    await tx.query({
      name: 'attempts-of-account-abandon',
      text: `with gone as (
          delete from attempts
          where state#>>'{person,accountId}' = $1 or state->>'expectedAccountId' = $1 returning id
        )
        insert into abandoned_attempts (id) select id from gone on conflict do nothing`,
      values: [accountId],
    });
  }

  /** The outbox: ids that the vault may not know yet, newest first. */
  async abandoned(limit: number): Promise<readonly AttemptId[]> {
    const { rows } = await this.database.query<RowOf<AbandonedAttempt, 'id', { id: AttemptId }>>({
      name: 'attempt-abandoned',
      text: 'select id from abandoned_attempts order by abandoned_at desc limit $1',
      values: [limit],
    });
    return rows.map(({ id }) => id);
  }

  async forget(id: AttemptId): Promise<void> {
    await this.database.query({
      name: 'attempt-forget',
      text: 'delete from abandoned_attempts where id = $1',
      values: [id],
    });
  }

  async #insert(
    id: AttemptId,
    interaction: string | null,
    state: AttemptState,
    ttlMs: number,
  ): Promise<void> {
    await this.database.query({
      name: 'attempt-insert',
      text: `insert into attempts (id, interaction, state, expires_at) values ($1, $2, $3, now() + $4 * interval '1 ms')
        on conflict do nothing`,
      values: [id, interaction, JSON.stringify(state), ttlMs],
    });
  }
}

function required(row: AttemptRow | undefined): StoredAttempt {
  if (row === undefined) throw new GatehouseError('attempt_unknown');
  return {
    id: row.id,
    version: row.version,
    expiresAtMs: row.expiresAt.getTime(),
    state: parseAttemptState(row.state),
  };
}
