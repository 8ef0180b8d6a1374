import { isOutage } from '@gatehouse/kernel/outage';
import type { Secret } from '@gatehouse/kernel/secret';
import type { Manifest } from '@gatehouse/persistence/custody-log/manifest';
import type { Queries, Result, Statement } from '@gatehouse/persistence/database';
import { databaseUnreachable } from '@gatehouse/persistence/reachable';
import { schemaOf } from '@gatehouse/persistence/schema-of';
import pg from 'pg';
import { Cannot } from '../cannot.js';
import { reasonOf } from '../reason.js';

const SCHEMA = schemaOf('token-vault');
/** Dropping a partition waits for its lock no longer than this, because the vault waits behind it. */
const LOCK_TIMEOUT = '5s';
const CONNECT_TIMEOUT_MS = 10_000;

export interface Partition {
  readonly name: string;
  readonly from: Date | null;
  readonly to: Date;
}

export interface StoredArchive {
  readonly number: number;
  readonly partition: string;
  readonly manifest: string;
}

/** The custody log as the role that owns it sees it. */
export class CustodyDatabase implements Queries {
  private constructor(private readonly client: pg.Client) {}

  /** @throws {Cannot} when the database does not answer, goes away, keeps its locks or was not migrated. */
  static async use<Value>(url: Secret, work: (database: CustodyDatabase) => Promise<Value>): Promise<Value> {
    const database = await CustodyDatabase.#connect(url);
    try {
      return await work(database);
    } catch (error) {
      if (error instanceof Cannot || !isOutage(error)) throw error;
      throw new Cannot(
        `The database of the token vault cannot be used now: ${reasonOf(error)}. Nothing is lost; run it again.`,
        'tryAgain',
      );
    } finally {
      await database.client.end().catch(() => undefined);
    }
  }

  static async #connect(url: Secret): Promise<CustodyDatabase> {
    const client = new pg.Client({
      connectionString: url.reveal(),
      options: `-c search_path=${SCHEMA}`,
      application_name: 'gatehouse-audit',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    // A connection that breaks while idle is reported by the next query.
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('select from custody_partitions limit 1');
      return new CustodyDatabase(client);
    } catch (error) {
      await client.end().catch(() => undefined);
      if (error instanceof pg.DatabaseError && error.code === '42P01')
        throw new Cannot(
          'The role sees no partitions of the custody log: run `gatehouse migrate` first, or name the role that owns the log.',
        );
      const away = await databaseUnreachable(url);
      if (away !== undefined) throw new Cannot(away, 'tryAgain');
      throw new Cannot(
        `The custody log cannot be read: ${reasonOf(error)}. See what is wrong with its database: gatehouse doctor --config <file>`,
      );
    }
  }

  async query<Row extends object>({ name, text, values = [] }: Statement): Promise<Result<Row>> {
    const { rows, rowCount } = await this.client.query<Row>({ name, text, values: [...values] });
    return { rows, rowCount: rowCount ?? 0 };
  }

  /** Whether this role may take partitions away. */
  async isOwner(): Promise<boolean> {
    const { rowCount } = await this.client.query(
      `select from pg_class where oid = 'custody_log'::regclass and relowner = current_user::regrole`,
    );
    return rowCount === 1;
  }

  /** Makes a partition for rows that have none. @returns how many there were. */
  async settle(): Promise<number> {
    const { rows } = await this.client.query<{ rows: string }>('select custody_settle() as rows');
    return Number(rows[0]?.rows ?? 0);
  }

  /** Partitions that end by `before`, oldest first. */
  async partitionsUntil(before: Date): Promise<readonly Partition[]> {
    const { rows } = await this.client.query<Partition>(
      `select name, from_at as "from", to_at as "to" from custody_partitions where to_at <= $1 order by to_at, name`,
      [before],
    );
    return rows;
  }

  async archives(): Promise<readonly StoredArchive[]> {
    const { rows } = await this.client.query<StoredArchive>(
      'select number, partition, manifest from custody_archives order by number',
    );
    return rows;
  }

  /**
   * Drops an archived partition and records where its chains go on: both or neither.
   * @throws {Cannot} when it has other rows than the archive.
   */
  async remove(manifest: Manifest, text: string): Promise<void> {
    const { partition } = manifest;
    const name = pg.escapeIdentifier(partition);
    await this.client.query('begin');
    try {
      await this.client.query(`set local lock_timeout = '${LOCK_TIMEOUT}'`);
      await this.client.query(`lock table ${name} in share mode`);
      const { rows } = await this.client.query<{ count: string }>(`select count(*) from ${name}`);
      if (Number(rows[0]?.count) !== manifest.entries)
        throw new Cannot(
          `${partition} has new rows since it was archived. Nothing was removed. Move its archive away, then run the command again.`,
        );
      await this.client.query(
        'insert into custody_archives (number, partition, manifest) values ($1, $2, $3)',
        [manifest.number, partition, text],
      );
      await this.client.query(`alter table custody_log detach partition ${name}`);
      await this.client.query(`drop table ${name}`);
      await this.client.query('commit');
    } catch (error) {
      await this.client.query('rollback').catch(() => undefined);
      throw error;
    }
  }
}
