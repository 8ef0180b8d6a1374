import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import { Log } from '@gatehouse/observability/log';
import { Metrics } from '@gatehouse/observability/metrics';
import { Database } from './database.js';

const EVERY_MS = MINUTE_MS;

interface Size {
  readonly table: string;
  /** As the server last counted them. */
  readonly rows: number;
  readonly bytes: number;
}

/** How large the service's tables are, indexes included, as metrics; partitions count as their table. */
@Injectable()
export class TableSizes implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #rows;
  readonly #bytes;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    metrics: Metrics,
    private readonly log: Log,
  ) {
    this.#rows = metrics.gauge('database_table_rows', 'Rows of a table, as last estimated', ['table']);
    this.#bytes = metrics.gauge('database_table_bytes', 'Bytes of a table with its indexes', ['table']);
  }

  onApplicationBootstrap(): void {
    const run = () => {
      this.#running = this.measure();
    };
    run();
    this.#timer = setInterval(run, EVERY_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  /** Never throws: while the database is unavailable, the last sizes stay. */
  async measure(): Promise<void> {
    try {
      const { rows } = await this.database.query<Size>({
        name: 'table-sizes',
        text: `select coalesce(p.relname, c.relname)::text as "table", sum(greatest(c.reltuples, 0))::float8 as rows,
            sum(pg_total_relation_size(c.oid))::float8 as bytes
          from pg_class c left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent
          where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and c.relname <> '_prisma_migrations'
          group by 1`,
      });
      for (const { table, rows: count, bytes } of rows) {
        this.#rows.set({ table }, count);
        this.#bytes.set({ table }, bytes);
      }
    } catch (error) {
      this.log.failure('tables-not-measured', error);
    }
  }
}
