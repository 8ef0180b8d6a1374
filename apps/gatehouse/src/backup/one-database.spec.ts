import { Secret } from '@gatehouse/kernel/secret';
import { migrate } from '@gatehouse/persistence/migrate';
import { CustodyKey } from '@gatehouse/persistence/custody-log/custody-key';
import { chainAt, insertEntries } from '@gatehouse/testing/custody-rows';
import { startTestDatabase } from '@gatehouse/testing/postgres';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { migrationsOf } from '../paths.js';
import { StoredInstallation } from '../stored-installation.fixture.js';

let stored: StoredInstallation;
beforeAll(async () => {
  stored = await StoredInstallation.start();
});
afterAll(() => stored.close());

const asAdmin = async (url: string, ...texts: readonly string[]): Promise<readonly unknown[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows: readonly unknown[] = [];
    for (const text of texts) ({ rows } = await client.query<object>(text));
    return rows;
  } finally {
    await client.end();
  }
};

describe('both services in one database, each in its own schema', () => {
  test('are copied as they were at one moment, and put back each into its own', async () => {
    const { adminUrl, url } = stored.databases['token-vault'];
    await asAdmin(adminUrl.reveal(), 'create schema authorization_server authorization authorization_server');
    const own = new URL(url.reveal());
    own.username = 'authorization_server';
    await migrate({
      url: new Secret(own.href),
      schema: 'authorization_server',
      folder: migrationsOf('authorization-server'),
    });
    const insert = `insert into authorization_server.accounts (id, name) values (gen_random_uuid(), 'Alice')`;
    await asAdmin(adminUrl.reveal(), insert);
    const changed = { AUTHORIZATION_SERVER_DATABASE_URL: own.href };
    const made = stored.path('of-one');
    expect(await stored.patiently(['backup', made], changed)).toMatchObject({ code: 0, stderr: '' });
    await asAdmin(adminUrl.reveal(), insert, insert);
    expect(await stored.patiently(['restore', made, '--replace'], changed)).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(await asAdmin(adminUrl.reveal(), 'select name from authorization_server.accounts')).toEqual([
      { name: 'Alice' },
    ]);
  });
});

describe('a database of an earlier release', () => {
  test('is backed up, and what a later release changed is applied after its restore', async () => {
    const vault = await startTestDatabase('token-vault', { before: '20261127110000' });
    try {
      const changed = { TOKEN_VAULT_DATABASE_URL: vault.url.reveal() };
      const made = stored.path('of-earlier');
      expect(await stored.patiently(['backup', made], changed)).toMatchObject({ code: 0, stderr: '' });
      const restored = await stored.patiently(['restore', made, '--replace'], changed);
      expect(restored).toMatchObject({ code: 0, stderr: '' });
      expect(restored.stdout).toMatch(/^token-vault: applied 20261127110000_claims_challenge/m);
      const again = await stored.patiently(['restore', made, '--replace', '--json'], changed);
      expect(JSON.parse(again.stdout)).toMatchObject({
        restored: true,
        applied: {
          'authorization-server': [],
          'token-vault': expect.arrayContaining(['20261127110000_claims_challenge']),
        },
        custody: { entries: 0, findings: [] },
      });
    } finally {
      await vault.close();
    }
  });

  test('that was never migrated is none to back up, and the command says what to run', async () => {
    const vault = await startTestDatabase('token-vault', { before: '0' });
    try {
      const changed = { TOKEN_VAULT_DATABASE_URL: vault.url.reveal() };
      const { code, stderr } = await stored.patiently(['backup', stored.path('of-none')], changed);
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/The database of token-vault has no tables\..*after `gatehouse migrate`/),
      ]);
    } finally {
      await vault.close();
    }
  });
});

describe('the database of another gateway', () => {
  test('attack: is not replaced: its rows are sealed with keys that this configuration does not have', async () => {
    const other = await startTestDatabase('token-vault');
    try {
      const made = stored.path('of-ours');
      expect(await stored.patiently(['backup', made])).toMatchObject({ code: 0 });
      const sealed = Buffer.from([1, 'theirs'.length, ...Buffer.from('theirs'), 0]);
      await asAdmin(
        other.adminUrl.reveal(),
        `insert into token_vault.connections (id, account_id, provider, subject, scopes, tokens, access_obtained_at, attempt_id)
         values (gen_random_uuid(), gen_random_uuid(), 'octo', 's', '{}', '\\x${sealed.toString('hex')}', now(), 'a')`,
      );
      const changed = { TOKEN_VAULT_DATABASE_URL: other.url.reveal() };
      for (const more of [[], ['--replace']]) {
        const { code, stderr } = await stored.patiently(['restore', made, ...more], changed);
        expect([code, stderr]).toEqual([
          more.length === 0 ? 73 : 78,
          expect.stringMatching(
            more.length === 0 ? /is not empty/ : /sealed with keys .* \(theirs\).*Nothing was restored/,
          ),
        ]);
      }
      expect(
        await asAdmin(other.adminUrl.reveal(), 'select count(*)::int as count from token_vault.connections'),
      ).toEqual([{ count: 1 }]);
    } finally {
      await other.close();
    }
  });
});

test('a database that is away is said without its password: exit code 75', async () => {
  const url = 'postgres://someone:hidden-password@127.0.0.1:1/gatehouse';
  const { code, stderr } = await stored.run(['backup', stored.path('of-away')], {
    TOKEN_VAULT_DATABASE_URL: url,
  });
  expect([code, stderr]).toEqual([75, expect.stringContaining('ECONNREFUSED')]);
  expect(stderr).not.toContain('hidden-password');
});

test('a custody log that was changed before the backup is found after the restore: exit code 2', async () => {
  await stored.custody(3);
  const made = stored.path('of-log');
  expect(await stored.patiently(['backup', made])).toMatchObject({ code: 0 });
  const before = await stored.patiently(['restore', made, '--replace']);
  expect(before.stdout).toContain('Custody log: 3 entries in 1 chains verify.');
  const key = new CustodyKey('demonstration', stored.keys.TOKEN_VAULT_KEY_ENCRYPTION_KEY);
  const entries = chainAt(key, [new Date(), new Date()]).map((entry) => ({ ...entry, backend: 'another' }));
  await insertEntries(stored.databases['token-vault'].url, entries);
  const changed = stored.path('of-changed-log');
  expect(await stored.patiently(['backup', changed])).toMatchObject({ code: 0 });
  const { code, stdout } = await stored.patiently(['restore', changed, '--replace']);
  expect(code).toBe(2);
  expect(stdout).toMatch(/^FOUND {2}\S.*: .+$/m);
  expect(stdout).toMatch(/Custody log: \d+ findings; it was like this in the backup\. Look: .* audit verify/);
});
