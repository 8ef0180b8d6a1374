import type { Queries } from '@gatehouse/persistence/database';

/** Tables and their columns: `accounts.created_at`, sorted. */
export type ColumnNames = readonly string[];

/** What migrations made in a schema. Partitions have what their table has. */
export async function columnsInDatabase(queries: Queries, schema: string): Promise<ColumnNames> {
  const { rows } = await queries.query<{ name: string }>({
    name: 'columns',
    text: `select c.relname || '.' || a.attname as name from pg_class c join pg_attribute a on a.attrelid = c.oid
           where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
             and a.attnum > 0 and not a.attisdropped and c.relname not like '\\_prisma%'`,
    values: [schema],
  });
  return rows.map(({ name }) => name).sort();
}

/** @param models the fields of each table's model, as the generated client names them. */
export const columnsOfModels = (
  models: Readonly<Record<string, Readonly<Record<string, string>>>>,
): ColumnNames =>
  Object.entries(models)
    .flatMap(([table, fields]) => Object.keys(fields).map((field) => `${table}.${inSnakeCase(field)}`))
    .sort();

const inSnakeCase = (field: string): string =>
  field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
