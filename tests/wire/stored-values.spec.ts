import { randomBytes } from 'node:crypto';
import { isStorableText } from '@gatehouse/kernel/storable-text';
import { nastyText } from '@gatehouse/testing/nasty-text';
import { startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Database } from '@gatehouse/persistence/database';

let stored: TestDatabase;
let database: Database;

beforeAll(async () => {
  stored = await startTestDatabase('token-vault');
  const { url, schema } = stored;
  database = new Database({ url, schema, applicationName: 'spec' }, new SilentLog());
  await database.query({
    name: 'table',
    text: 'create table kept (key text primary key, number integer, id uuid, at timestamptz)',
  });
});

afterAll(async () => {
  await database.onApplicationShutdown();
  await stored.close();
});

interface Value {
  readonly value: unknown;
}

const echo = async (type: string, value: unknown): Promise<unknown> => {
  const { rows } = await database.query<Value>({
    name: `echo-${type}`,
    text: `select $1::${type} as value`,
    values: [value],
  });
  return rows[0]?.value;
};

const REFUSED = { code: 'request_invalid' };

test('whatever text comes from outside is kept as it is or refused as the mistake of who sent it (500 by NUL)', async () => {
  await fc.assert(
    fc.asyncProperty(nastyText(), async (text) => {
      const cases: readonly (readonly [type: string, sent: unknown, kept: unknown])[] = [
        ['text', text, text],
        ['text[]', ['a', text], ['a', text]],
        ['jsonb', JSON.stringify({ deep: [text] }), { deep: [text] }],
      ];
      for (const [type, sent, kept] of cases)
        if (isStorableText(text)) await expect(echo(type, sent)).resolves.toEqual(kept);
        else await expect(echo(type, sent)).rejects.toMatchObject(REFUSED);
    }),
    { numRuns: 150 },
  );
});

describe('a value that its column does not take is refused as the mistake of who sent it', () => {
  const put = async (column: string, value: unknown): Promise<unknown> =>
    await database.query({
      name: `put-${column}`,
      text: `insert into kept (key, ${column}) values ('k', $1)`,
      values: [value],
    });

  test.each([
    ['id', 'no uuid'],
    ['number', 2 ** 40],
    ['number', 'seven'],
    ['at', new Date(Number.NaN)],
    ['at', 'yesterday-ish'],
  ])('%s: %p', async (column, value) => {
    await expect(put(column, value)).rejects.toMatchObject(REFUSED);
  });

  test('a key that is too long for its index', async () => {
    // Text that compresses well would fit.
    const long = randomBytes(9_000).toString('base64');
    const insert = { name: 'put-key', text: 'insert into kept (key) values ($1)', values: [long] };
    await expect(database.query(insert)).rejects.toMatchObject(REFUSED);
  });

  test('in a transaction, of which nothing is left', async () => {
    const work = database.transaction(async (tx) => {
      await tx.query({ name: 'put-first', text: "insert into kept (key) values ('first')" });
      await tx.query({ name: 'put-second', text: 'insert into kept (key) values ($1)', values: ['\0'] });
    });
    await expect(work).rejects.toMatchObject(REFUSED);
    const { rows } = await database.query({ name: 'look', text: "select from kept where key = 'first'" });
    expect(rows).toEqual([]);
  });
});

test('what is no mistake of a value stays what it is: a duplicate, a table that is not there', async () => {
  const insert = { name: 'put-twice', text: "insert into kept (key) values ('twice')" };
  await database.query(insert);
  await expect(database.query(insert)).rejects.toMatchObject({ code: '23505' });
  await expect(database.query({ name: 'nowhere', text: 'select from nowhere' })).rejects.toMatchObject({
    code: '42P01',
  });
});

test('a refused value is not in the message, which is logged', async () => {
  for (const [type, value] of [
    ['text', 'secret-of-somebody\0'],
    ['uuid', 'secret-of-somebody'],
    ['jsonb', '{"secret-of-somebody":"\\u0000"}'],
  ] as const) {
    const error: unknown = await echo(type, value).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).not.toContain('secret-of-somebody');
  }
});
