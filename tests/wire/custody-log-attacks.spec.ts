import { randomBytes } from 'node:crypto';
import { CustodyKey } from '@gatehouse/persistence/custody-log/custody-key';
import { chainAt, insertEntries } from '@gatehouse/testing/custody-rows';
import { giveVaultOwner, startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';

let database: TestDatabase;
let today: string;
const key = new CustodyKey('test', randomBytes(32).toString('base64url'));

beforeAll(async () => {
  database = await startTestDatabase('token-vault');
  await giveVaultOwner(database);
  // As after every `migrate`; running it again is safe.
  await giveVaultOwner(database);
  await insertEntries(database.url, chainAt(key, [new Date()]));
  const { rows } = await query<{ name: string }>(
    database.adminUrl.reveal(),
    'select tableoid::regclass::text as name from token_vault.custody_log',
  );
  today = rows[0]?.name.replace('token_vault.', '') ?? '';
});

afterAll(() => database.close());

async function query<Row extends object = object>(url: string, text: string): Promise<pg.QueryResult<Row>> {
  const client = new pg.Client({ connectionString: url, options: '-c search_path=token_vault' });
  await client.connect();
  try {
    return await client.query<Row>(text);
  } finally {
    await client.end();
  }
}

describe('the vault’s database role, in the hands of an attacker,', () => {
  const attempt = (text: string) => query(database.url.reveal(), text.replaceAll('TODAY', today));
  const count = async () =>
    (await query(database.adminUrl.reveal(), 'select from token_vault.custody_log')).rowCount;

  test.each([
    ['changes an entry', `update custody_log set backend = 'other'`],
    ['changes an entry in its partition', `update TODAY set backend = 'other'`],
    ['deletes entries', 'delete from custody_log'],
    ['deletes entries of a partition', 'delete from TODAY'],
    ['empties the log', 'truncate custody_log'],
    ['empties a partition', 'truncate TODAY'],
    ['detaches a partition', 'alter table custody_log detach partition TODAY'],
    ['drops a partition', 'drop table TODAY'],
    ['drops the log', 'drop table custody_log cascade'],
    ['drops the schema', 'drop schema token_vault cascade'],
    ['switches the triggers off', 'alter table custody_log disable trigger all'],
    ['switches the triggers of a partition off', 'alter table TODAY disable trigger all'],
    ['switches all triggers off for its session', 'set session_replication_role = replica'],
    ['drops a trigger', 'drop trigger custody_log_append_only on custody_log'],
    [
      'replaces what the triggers do',
      'create or replace function refuse_change() returns trigger language plpgsql as $$ begin return new; end $$',
    ],
    ['makes itself the owner', 'alter table custody_log owner to token_vault'],
    ['becomes the owner', 'set role token_vault_owner'],
    ['renames the log and puts another in its place', 'alter table custody_log rename to custody_log_away'],
    ['puts a table of its own into the schema', 'create table custody_log_20990101 (id int)'],
    ['writes into a partition past the log', 'insert into TODAY select * from custody_log'],
    [
      'makes up an archive, so that the beginning of a chain is not missed',
      `insert into custody_archives (number, partition, manifest) values (1, 'x', '{}')`,
    ],
    ['deletes the list of archives', 'delete from custody_archives'],
    ['moves rows', 'select custody_settle()'],
    [
      'adds a partition that takes everything',
      `select custody_add_partition('custody_log_all', '1970-01-01', '2099-01-01')`,
    ],
    ['hides that migrations ran', 'delete from _prisma_migrations'],
  ])('never %s', async (_name, text) => {
    const before = await count();
    await expect(attempt(text)).rejects.toThrow(
      /permission denied|must be (owner|able to)|append-only|does not exist/,
    );
    expect(await count()).toBe(before);
  });

  test.each([
    ['grants itself more', 'grant all on custody_log to token_vault'],
    ['gives its rights away', 'grant select on custody_log to public'],
    ['takes rights from the owner', `select custody_restrict('custody_log', 'update')`],
  ])('never %s', async (_name, text) => {
    // Postgres warns of some of these and does nothing.
    await attempt(text).catch(() => undefined);
    const { rows } = await query<{ rights: string }>(
      database.adminUrl.reveal(),
      `select string_agg(a.grantee::regrole || ' ' || a.privilege_type, ', ' order by 1) as rights
         from pg_class c cross join aclexplode(c.relacl) a
         where c.oid = 'token_vault.custody_log'::regclass and a.grantee <> c.relowner`,
    );
    expect(rows[0]?.rights).toBe('token_vault INSERT, token_vault SELECT');
  });

  test('never makes others run its own tables or functions under the owner’s rights', async () => {
    await attempt(
      `create temp table custody_log_default (at timestamptz);
       create temp table custody_partitions (name text, from_at timestamptz, to_at timestamptz);
       select custody_make_partitions(3)`,
    );
    await expect(
      attempt(
        'create function token_vault.to_char(timestamp, text) returns text language sql as $$ select 1 $$',
      ),
    ).rejects.toThrow('permission denied');
  });

  test('never fills the database with partitions: a month ahead is the most', async () => {
    await attempt('select custody_make_partitions(2000000000)');
    const { rows } = await query<{ count: string }>(
      database.adminUrl.reveal(),
      `select count(*) from token_vault.custody_partitions`,
    );
    expect(Number(rows[0]?.count)).toBeLessThan(36);
    await expect(attempt('select custody_make_partitions(-5)')).resolves.toBeDefined();
  });

  test('still adds entries, and reads them', async () => {
    const before = await count();
    await insertEntries(database.url, chainAt(key, [new Date()]));
    expect((await attempt('select from custody_log')).rowCount).toBe((before ?? 0) + 1);
  });
});
