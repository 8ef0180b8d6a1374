import type { World } from '@gatehouse/testing/world';
import pg from 'pg';

/** The record of every release; it is archived, not forgotten. */
const MAY_GROW = /^custody_log/;
/** Below this a table breathes. */
const BREATH_ROWS = 200;
const BREATH_SHARE = 0.03;

interface TableSize {
  readonly table: string;
  readonly rows: number;
  readonly mib: number;
}

/** How many rows and bytes each table of both services has. */
export class TableRows {
  private constructor(private readonly sizes: readonly TableSize[]) {}

  static async of({ databases }: World): Promise<TableRows> {
    const all = await Promise.all(
      Object.values(databases).map(({ adminUrl, schema }) => sizesOf(adminUrl.reveal(), schema)),
    );
    return new TableRows(all.flat());
  }

  /** @returns the tables that grew, though nothing of them should stay. */
  printGrowth(later: TableRows): readonly string[] {
    const before = new Map(this.sizes.map((size) => [size.table, size]));
    const lines = later.sizes.map(({ table, rows, mib }) => {
      const first = before.get(table);
      const grown = rows - (first?.rows ?? 0);
      const isGrowing =
        !MAY_GROW.test(table.split('.')[1] ?? '') && grown > Math.max(BREATH_ROWS, rows * BREATH_SHARE);
      return {
        table,
        'rows before': first?.rows ?? 0,
        'rows after': rows,
        'MiB before': first?.mib ?? 0,
        'MiB after': mib,
        grows: isGrowing,
      };
    });
    console.table(lines);
    return lines.filter(({ grows }) => grows).map(({ table }) => table);
  }
}

async function sizesOf(url: string, schema: string): Promise<readonly TableSize[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string; mib: number }>(
      `select c.relname as name, round(pg_total_relation_size(c.oid) / 1048576.0, 1)::float as mib
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = $1 and c.relkind = 'r' order by 1`,
      [schema],
    );
    const sizes: TableSize[] = [];
    for (const { name, mib } of tables) {
      const { rows } = await client.query<{ rows: string }>(
        `select count(*) as rows from ${schema}."${name}"`,
      );
      sizes.push({ table: `${schema}.${name}`, rows: Number(rows[0]?.rows ?? 0), mib });
    }
    return sizes;
  } finally {
    await client.end();
  }
}

/** Least squares: how much the second grows when the first grows by one. */
export function linearSlope(points: readonly (readonly [number, number])[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const across = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const along = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return along === 0 ? 0 : across / along;
}
