import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { isStorableText } from '@gatehouse/kernel/storable-text';
import { Log } from '@gatehouse/observability/log';
import pg from 'pg';
import { type DatabaseOptions, isDeadEnd, limitedPool } from './limited-pool.js';

/** One statement with its values. `name` makes it a prepared statement: the same name always has the same text. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

export interface Result<Row> {
  readonly rows: readonly Row[];
  /** Rows found, or changed where the statement returns none. */
  readonly rowCount: number;
}

/** What runs statements: the pool, or one transaction. Rows have the shape that the caller's SQL gives them. */
export interface Queries {
  query<Row extends object>(statement: Statement): Promise<Result<Row>>;
}

@Injectable()
export class Database implements Queries, OnApplicationShutdown {
  readonly #pool: pg.Pool;

  constructor(options: DatabaseOptions, log: Log) {
    this.#pool = limitedPool(options, log);
  }

  async query<Row extends object>(statement: Statement): Promise<Result<Row>> {
    return await run<Row>(this.#pool, statement);
  }

  /** Runs `work` in one transaction: committed when it resolves, rolled back when it throws. */
  async transaction<Value>(work: (tx: Queries) => Promise<Value>): Promise<Value> {
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('begin');
      const value = await work({ query: (statement) => run(client, statement) });
      await client.query('commit');
      return value;
    } catch (error) {
      // No rollback is sent over a dead connection.
      if (isDeadEnd(error)) broken = error;
      else
        await client.query('rollback').catch((failure: unknown) => {
          broken = failure instanceof Error ? failure : new Error('no rollback');
        });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#pool.end();
  }
}

async function run<Row extends object>(
  target: pg.Pool | pg.PoolClient,
  statement: Statement,
): Promise<Result<Row>> {
  const { name, text, values = [] } = statement;
  if (!values.every(isStorable)) throw unstorable(name);
  try {
    const { rows, rowCount } = await target.query<Row>({ name, text, values: [...values] });
    return { rows, rowCount: rowCount ?? 0 };
  } catch (error) {
    throw error instanceof pg.DatabaseError && isDataException(error.code) ? unstorable(name, error) : error;
  }
}

/** The driver would silently replace half a surrogate pair. */
const isStorable = (value: unknown): boolean =>
  typeof value === 'string' ? isStorableText(value) : !Array.isArray(value) || value.every(isStorable);

/**
 * SQLSTATE class 22 (a value that its type does not have, NUL in JSON among them), and 54000 (a value too long for its
 * index): the value cannot be stored, now or later.
 */
const isDataException = (sqlState: string | undefined): boolean =>
  sqlState !== undefined && (sqlState.startsWith('22') || sqlState === '54000');

/**
 * The sender of such a value made the mistake. The value itself is left out of the message, because the message is
 * logged.
 */
const unstorable = (statement: string, cause?: pg.DatabaseError): GatehouseError =>
  new GatehouseError(
    'request_invalid',
    `${statement}: a value that cannot be stored (${cause?.code ?? 'text'})`,
    {
      cause,
    },
  );
