import { Secret } from '@gatehouse/kernel/secret';
import { Envelope } from '@gatehouse/sealing/envelope';
import { startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { newKey, StoredInstallation } from '../stored-installation.fixture.js';

const ID = '00000000-0000-4000-8000-000000000001';

/** A row of each table whose owner is known: the parts of its owner, and how it is put in. */
const ROWS = {
  keyring: {
    service: 'authorization-server',
    owner: ['authorization-server', 'keyring', 'cookie'],
    insert: `insert into keyring (name, sealed) values ('cookie', $1)`,
  },
  signing_keys: {
    service: 'authorization-server',
    owner: ['authorization-server', 'signing-key', 'public', 'k'],
    insert: `insert into signing_keys (kid, alg, sealed_public, signs_from, published_for_seconds, kept_for_seconds)
             values ('k', 'ES256', $1, now(), 60, 60)`,
  },
  bus_keys: {
    service: 'token-vault',
    owner: ['bus-key', 'k'],
    insert: `insert into bus_keys (kid, private_jwk, use_until, open_until) values ('k', $1, now(), now())`,
  },
  connections: {
    service: 'token-vault',
    owner: [ID, 'octo', ID],
    insert: `insert into connections (id, account_id, provider, subject, scopes, tokens, access_obtained_at, attempt_id)
             values ('${ID}', '${ID}', 'octo', 's', '{}', $1, now(), 'a')`,
  },
  upstream_clients: {
    service: 'token-vault',
    owner: ['upstream-client', 'octo', 'https://octo.example', 'c'],
    insert: `with issuer as (insert into upstream_issuers (provider, issuer) values ('octo', 'https://octo.example'))
             insert into upstream_clients (provider, issuer, client_id, redirect_uri, client)
             values ('octo', 'https://octo.example', 'c', 'https://gatehouse.example.com/callback', $1)`,
  },
} as const;
type Table = keyof typeof ROWS;
const TABLES = Object.keys(ROWS) as Table[];

const KEY_OF = {
  'authorization-server': 'AUTHORIZATION_SERVER_KEY_ENCRYPTION_KEY',
  'token-vault': 'TOKEN_VAULT_KEY_ENCRYPTION_KEY',
} as const;
const URL_OF = {
  'authorization-server': 'AUTHORIZATION_SERVER_DATABASE_URL',
  'token-vault': 'TOKEN_VAULT_DATABASE_URL',
} as const;

let stored: StoredInstallation;
let made: string;
beforeAll(async () => {
  stored = await StoredInstallation.start();
  made = stored.path('ours');
  expect(await stored.patiently(['backup', made])).toMatchObject({ code: 0, stderr: '' });
  // Came after the backup: gone if a restore gets as far as that.
  await stored.person({ name: 'Alice' });
});
afterAll(() => stored.close());

interface Theirs {
  readonly id?: string;
  readonly key?: string;
  readonly gateway?: string;
}

const inIt = async ({ url, schema }: TestDatabase, text: string, values: readonly unknown[] = []) => {
  const client = new pg.Client({ connectionString: url.reveal(), options: `-c search_path=${schema}` });
  await client.connect();
  try {
    return (await client.query<object>(text, [...values])).rowCount;
  } finally {
    await client.end();
  }
};

/** Puts a row into another database, names that one for the restore, and looks whether the row is still there. */
async function restoredOver(table: Table, theirs: Theirs, before?: string) {
  const { service, owner, insert } = ROWS[table];
  const other = await startTestDatabase(service, before === undefined ? {} : { before });
  try {
    const { id = 'demonstration', key = stored.keys[KEY_OF[service]], gateway = 'demo' } = theirs;
    const sealed = new Envelope([{ id, key: new Secret(key) }]).seal('theirs', [gateway, ...owner]);
    await inIt(other, insert, [sealed]);
    const ran = await stored.patiently(['restore', made, '--replace'], {
      [URL_OF[service]]: other.url.reveal(),
    });
    return { ...ran, left: await inIt(other, `select from ${table}`) };
  } finally {
    await other.close();
  }
}

const people = async () => await stored.query('authorization-server', 'select name from accounts');

describe.each(TABLES)('attack: a wrong URL names a database whose %s are of another gateway', (table) => {
  test.each<[string, () => Theirs]>([
    ['another key with the same id', () => ({ key: newKey() })],
    ['the same key under another name', () => ({ gateway: 'theirs' })],
  ])('%s: nothing is restored, and it is said whose database it is not', async (_, theirs) => {
    const { code, stderr, left } = await restoredOver(table, theirs());
    expect([code, left]).toEqual([78, 1]);
    expect(stderr).toContain(
      `Nothing that the database of ${ROWS[table].service} has in ${table} opens with the keys and the name (demo)`,
    );
    expect(stderr).toMatch(
      /Nothing was restored\. Name the right database or the right keys; .* drop its schema yourself\./,
    );
    expect(await people()).toEqual([{ name: 'Alice' }]);
  });
});

describe('attack: a database of another gateway and of an earlier release, without a table of this one', () => {
  const BEFORE = { keyring: '20261127183000', bus_keys: '20261126110000' } as const;

  test.each([
    ['keyring', 'another id', { id: 'theirs', key: newKey() }, /was sealed with keys .* \(theirs\)/],
    ['keyring', 'the same id', { key: newKey() }, /has in keyring opens with/],
    ['bus_keys', 'another id', { id: 'theirs', key: newKey() }, /was sealed with keys .* \(theirs\)/],
    ['bus_keys', 'the same id', { key: newKey() }, /has in bus_keys opens with/],
  ] as const)('%s, sealed by a key with %s: is not replaced', async (table, _, theirs, said) => {
    const { code, stderr, left } = await restoredOver(table, theirs, BEFORE[table]);
    expect([code, left, stderr]).toEqual([78, 1, expect.stringMatching(said)]);
    expect(await people()).toEqual([{ name: 'Alice' }]);
  });
});

test('a database of this gateway is replaced: what is in it opens', async () => {
  for (const table of ['bus_keys', 'connections'] as const)
    expect(await restoredOver(table, {})).toMatchObject({ code: 0, stderr: '', left: 0 });
});
