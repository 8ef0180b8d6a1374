import { readFileSync } from 'node:fs';
import { readMigrations } from '@gatehouse/persistence/migrate';
import {
  migrationsOf,
  startTestDatabase,
  type DatabaseOwner,
  type TestDatabase,
} from '@gatehouse/testing/postgres';
import { inRepository } from '@gatehouse/testing/repository';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { inDatabase } from '../support/database.js';

const recordedIn = (name: string): unknown =>
  JSON.parse(readFileSync(inRepository('tests/previous-release', name), 'utf8'));
const release = recordedIn('release.json') as {
  readonly migrations: Readonly<Record<DatabaseOwner, readonly string[]>>;
};
const statements = recordedIn('statements.json') as Readonly<Record<DatabaseOwner, readonly string[]>>;

interface Column {
  readonly place: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly hasDefault: boolean;
}

const columnsOf = async (database: TestDatabase): Promise<readonly Column[]> =>
  await inDatabase<Column>(
    database,
    `select c.relname || '.' || a.attname as place, format_type(a.atttypid, a.atttypmod) as type,
       a.attnotnull as "isRequired", a.atthasdef as "hasDefault"
     from pg_attribute a join pg_class c on c.oid = a.attrelid
     where c.relnamespace = '${database.schema}'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and c.relname <> '_prisma_migrations' and a.attnum > 0 and not a.attisdropped
     order by 1`,
  );

/** What rows have to keep to, beside the types of columns. */
const constraintsOf = async (database: TestDatabase): Promise<readonly string[]> =>
  (
    await inDatabase<{ readonly said: string }>(
      database,
      `select c.relname || ' ' || pg_get_constraintdef(k.oid) as said
       from pg_constraint k join pg_class c on c.oid = k.conrelid
       where c.relnamespace = '${database.schema}'::regnamespace and not c.relispartition and k.contype <> 'n'
       union
       select c.relname || ' ' || pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indrelid
       where c.relnamespace = '${database.schema}'::regnamespace and not c.relispartition and i.indisunique
       order by 1`,
    )
  ).map(({ said }) => said);

/** New rules to which rows of the release before keep all the same, and why. */
const KEPT_BY_OLD_ROWS: Readonly<Record<string, string>> = {
  sessions_asserted: 'it is for rows with `asserted_by`, a column that the release before leaves empty',
};

const tableOf = (place: string): string => place.split(/[. ]/)[0] ?? '';

describe.each<DatabaseOwner>(['authorization-server', 'token-vault'])('the database of %s', (owner) => {
  let old: TestDatabase;
  let current: TestDatabase;
  beforeAll(async () => {
    const recorded = release.migrations[owner];
    const names = (await readMigrations(migrationsOf(owner))).map(({ name }) => name);
    // Migrations are added behind those that the release before has.
    expect(names.slice(0, recorded.length)).toEqual(recorded);
    const next = names[recorded.length];
    old = await startTestDatabase(owner, next === undefined ? {} : { before: next });
    current = await startTestDatabase(owner);
  });
  afterAll(async () => {
    await Promise.all([old, current].map((database) => database.close()));
  });

  test('has every column of the release before, with the type that it had, and requires no more of it', async () => {
    const before = await columnsOf(old);
    const now = new Map((await columnsOf(current)).map((column) => [column.place, column]));
    expect(before.length).toBeGreaterThan(10);
    const changed = before.filter(({ place, type, isRequired, hasDefault }) => {
      const column = now.get(place);
      return (
        column?.type !== type ||
        (column.isRequired && !isRequired) ||
        (isRequired && hasDefault && !column.hasDefault)
      );
    });
    expect(changed).toEqual([]);
  });

  test('can be written by the release before: a column that it does not know may be absent, and no rule is new', async () => {
    const known = await columnsOf(old);
    const tables = new Set(known.map(({ place }) => tableOf(place)));
    const places = new Set(known.map(({ place }) => place));
    const required = (await columnsOf(current)).filter(
      ({ place, isRequired, hasDefault }) =>
        tables.has(tableOf(place)) && !places.has(place) && isRequired && !hasDefault,
    );
    expect(required).toEqual([]);
    const before = new Set(await constraintsOf(old));
    const added = (await constraintsOf(current)).filter(
      (said) => tables.has(tableOf(said)) && !before.has(said),
    );
    const unexplained = added.filter(
      (said) => !Object.keys(KEPT_BY_OLD_ROWS).some((name) => said.includes(` INDEX ${name} `)),
    );
    expect(unexplained).toEqual([]);
  });

  test('understands every statement of the release before', async () => {
    const client = new pg.Client({
      connectionString: current.url.reveal(),
      options: `-c search_path=${current.schema}`,
    });
    await client.connect();
    const refused: string[] = [];
    for (const [index, text] of statements[owner].entries())
      await client.query(`prepare statement_${index} as ${text}`).catch((error: unknown) => {
        refused.push(`${String(error)}: ${text}`);
      });
    await client.end();
    expect(statements[owner].length).toBeGreaterThan(20);
    expect(refused).toEqual([]);
  });
});
