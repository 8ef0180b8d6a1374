import { Injectable } from '@nestjs/common';
import { Log } from '@gatehouse/observability/log';
import { Metrics } from '@gatehouse/observability/metrics';
import { Database, type Queries } from './database.js';

/** Rows that may be deleted when a table gets too large: the remains of what was begun and never finished. */
export interface Expendable {
  readonly table: string;
  /** Which rows of the table; left out: all. */
  readonly where?: string;
  /** The column by which the oldest go first. */
  readonly age: string;
  /** How much of them may stay, newest first. */
  readonly maxBytes: number;
}

/** One statement deletes at most this many rows, so that none takes long. */
const ROWS_AT_ONCE = 25_000;

/**
 * Deletes the oldest of these rows beyond their limit. While the table as a whole is below it, nothing is counted.
 * @returns how many rows went.
 */
export async function makeRoom(
  database: Queries,
  { table, where = 'true', age, maxBytes }: Expendable,
): Promise<number> {
  let dropped = 0;
  for (;;) {
    const { rowCount } = await database.query({
      name: `room-in-${table}-${age}-${where.length}`,
      // Rows are measured before they are sorted: sorting whole rows would take too much memory.
      // The row is looked at again when it was changed meanwhile: what somebody has just begun to use stays.
      text: `delete from ${table} t where (select pg_total_relation_size('${table}')) > $1 and (${where}) and t.ctid = any(array(
          select place from (
            select place, sum(size) over (order by age desc, place) as bytes from (
              select t.ctid as place, t.${age} as age, pg_column_size(t.*) as size from ${table} t where ${where} offset 0
            ) measured
          ) summed where bytes > $1 order by bytes desc limit ${ROWS_AT_ONCE}))`,
      values: [maxBytes],
    });
    dropped += rowCount;
    if (rowCount < ROWS_AT_ONCE) return dropped;
  }
}

/** Keeps expendable rows below their limits, and logs when it deleted some. */
@Injectable()
export class Room {
  readonly #dropped;

  constructor(
    private readonly database: Database,
    private readonly log: Log,
    metrics: Metrics,
  ) {
    this.#dropped = metrics.counter(
      'rows_dropped_for_room_total',
      'Rows of unfinished work that were deleted because their table had reached its limit in bytes',
      ['table'],
    );
  }

  async make(expendables: readonly Expendable[]): Promise<void> {
    for (const expendable of expendables) {
      const { table } = expendable;
      const rows = await makeRoom(this.database, expendable);
      if (rows === 0) continue;
      this.#dropped.inc({ table }, rows);
      this.log.warn('rows-dropped-for-room', { table, rows });
    }
  }
}
