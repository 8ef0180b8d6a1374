import { randomBytes } from 'node:crypto';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Secret } from '@gatehouse/kernel/secret';
import { Log, type LogFields } from '@gatehouse/observability/log';
import { Metrics } from '@gatehouse/observability/metrics';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { Database } from './database.js';
import { isDeadEnd } from './limited-pool.js';
import { makeRoom, Room } from './room.js';

const SERVER = process.env['GATEHOUSE_TEST_POSTGRES'] ?? '';

class KeptLog extends Log {
  readonly warned: (readonly [string, LogFields])[] = [];

  constructor() {
    super('test');
  }

  override warn(event: string, fields: LogFields = {}): void {
    this.warned.push([event, fields]);
  }
}

const log = new KeptLog();
const schema = `test_${randomBytes(6).toString('hex')}`;
let database: Database;

async function asAdmin(text: string): Promise<void> {
  const admin = new pg.Client({ connectionString: SERVER });
  await admin.connect();
  await admin.query(text).finally(() => admin.end());
}

beforeAll(async () => {
  await asAdmin(`create schema ${schema}`);
  database = new Database({ url: new Secret(SERVER), schema, applicationName: 'test' }, log);
  await database.query({
    name: 'table',
    text: 'create table notes (id int primary key, note text, facts jsonb)',
  });
});
afterAll(async () => {
  await database.onApplicationShutdown();
  await asAdmin(`drop schema ${schema} cascade`);
});
beforeEach(async () => {
  await database.query({ name: 'empty', text: 'delete from notes' });
});

const add = (id: number, note: unknown) => ({
  name: 'add',
  text: 'insert into notes (id, note) values ($1, $2)',
  values: [id, note],
});
const all = async () =>
  (await database.query<{ id: number }>({ name: 'all', text: 'select id from notes order by id' })).rows.map(
    ({ id }) => id,
  );

describe('a statement', () => {
  test('says how many rows it changed, where it returns none', async () => {
    expect(await database.query(add(1, 'a'))).toEqual({ rows: [], rowCount: 1 });
  });

  test.each<[string, unknown]>([
    ['NUL', 'a\0b'],
    ['half a character', 'a\ud800'],
    ['half a character in a list', ['fine', 'a\ud800']],
  ])(
    'attack: a value with %s is the mistake of whoever sent it, and is not in the error',
    async (_, note) => {
      const error: unknown = await database.query(add(1, note)).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'request_invalid',
        message: 'add: a value that cannot be stored (text)',
      });
      expect(await all()).toEqual([]);
    },
  );

  test('attack: so is one that its type does not have', async () => {
    const wrong = { name: 'wrong', text: 'select $1::jsonb as facts', values: ['{"secret-value"'] };
    const error: unknown = await database.query(wrong).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(GatehouseError);
    expect(error).toMatchObject({
      code: 'request_invalid',
      message: 'wrong: a value that cannot be stored (22P02)',
    });
  });

  test('what Postgres refuses otherwise stays its own error', async () => {
    await database.query(add(1, 'a'));
    await expect(database.query(add(1, 'b'))).rejects.toMatchObject({ code: '23505' });
  });
});

describe('a transaction', () => {
  test('is there as a whole, or not at all', async () => {
    await database.transaction(async (tx) => {
      await tx.query(add(1, 'a'));
      await tx.query(add(2, 'b'));
    });
    const failing = database.transaction(async (tx) => {
      await tx.query(add(3, 'c'));
      throw new Error('on second thought');
    });
    await expect(failing).rejects.toThrow('on second thought');
    expect(await all()).toEqual([1, 2]);
  });

  test('whose connection dies says so, and the next one has another connection', async () => {
    const dying = database.transaction(async (tx) => {
      await tx.query(add(1, 'a'));
      await tx.query({ name: 'end', text: 'select pg_terminate_backend(pg_backend_pid())' });
    });
    await expect(dying).rejects.toThrow();
    expect(await all()).toEqual([]);
  });

  test('at a server that has become a standby is a dead end', async () => {
    const writing = database.transaction(async (tx) => {
      await tx.query({ name: 'read-only', text: 'set transaction read only' });
      await tx.query(add(1, 'a'));
    });
    const error: unknown = await writing.catch((thrown: unknown) => thrown);
    expect(isDeadEnd(error)).toBe(true);
    expect(isDeadEnd(new Error('Query read timeout'))).toBe(true);
    for (const other of [new Error('no'), 'Query read timeout', undefined])
      expect(isDeadEnd(other)).toBe(false);
    // The pool trusts no older connection.
    await database.query(add(2, 'b'));
    expect(await all()).toEqual([2]);
  });
});

describe('room', () => {
  const expendable = { table: 'notes', age: 'id', maxBytes: 64 * 1_024 };
  const fill = async (count: number): Promise<void> => {
    await database.query({
      name: 'fill',
      text: `insert into notes (id, note) select n, repeat(md5(n::text), 30) from generate_series(1, $1::int) n`,
      values: [count],
    });
  };

  test('is there while the table is small: nothing goes', async () => {
    await fill(10);
    expect(await makeRoom(database, expendable)).toBe(0);
    expect(await all()).toHaveLength(10);
  });

  test('attack: beyond the limit the oldest go, as far as they have to, and that is told', async () => {
    await fill(500);
    const metrics = new Metrics();
    const room = new Room(database, log, metrics);
    await room.make([expendable]);
    const left = await all();
    expect(left.at(-1)).toBe(500);
    expect(left.length).toBeGreaterThan(20);
    expect(left.length).toBeLessThan(100);
    const rows = 500 - left.length;
    expect(log.warned).toContainEqual(['rows-dropped-for-room', { table: 'notes', rows }]);
    expect(await metrics.render()).toContain(`gatehouse_rows_dropped_for_room_total{table="notes"} ${rows}`);
  });

  test('what may not go stays, however much there is', async () => {
    await fill(500);
    await makeRoom(database, { ...expendable, where: 'id > 400', maxBytes: 1_024 });
    expect((await all()).filter((id) => id <= 400)).toHaveLength(400);
  });
});
