import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@gatehouse/kernel/secret';
import { Envelope } from '@gatehouse/sealing/envelope';
import { freePort } from '@gatehouse/testing/free-port';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { migrateDatabase } from '../migrate.js';
import { newKey } from '../stored-installation.fixture.js';
import { gatehouse } from '../terminal.fixture.js';
import { databaseUrl, startPostgres } from '../up/postgres.js';
import { Processes } from '../up/processes.js';
import { StateFolder, type GeneratedSecrets } from '../up/state.js';

const SEALED = { GATEHOUSE_BACKUP_PASSPHRASE: 'correct horse battery staple' };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-states-'));
  // Postgres does not run as root; its own user has to get into the folder.
  await chmod(folder, 0o711);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A demonstration that does not run: what its authorization server has sealed, with the folder's key if nothing else is said. */
async function stateFolder(
  name: string,
  keyOf = (secrets: GeneratedSecrets): string => secrets.authorizationServerKeyEncryptionKey,
): Promise<string> {
  const state = StateFolder.open(join(folder, name));
  const processes = new Processes(state.path('logs'));
  try {
    const port = await freePort();
    await startPostgres(state, processes, port);
    const { authorizationServerDatabasePassword, tokenVaultDatabasePassword } = state.secrets;
    const own = databaseUrl('authorization_server', authorizationServerDatabasePassword, port);
    await migrateDatabase('authorization-server', new Secret(own));
    const vault = databaseUrl('token_vault', tokenVaultDatabasePassword, port);
    await migrateDatabase('token-vault', new Secret(vault));
    const key = new Secret(keyOf(state.secrets));
    const owner = ['demo', 'authorization-server', 'keyring', 'cookie'];
    const client = new pg.Client({ connectionString: own });
    await client.connect();
    await client.query(`insert into authorization_server.keyring (name, sealed) values ('cookie', $1)`, [
      new Envelope([{ id: 'demonstration', key }]).seal('a key', owner),
    ]);
    await client.end();
  } finally {
    await processes.stop();
    state.release();
  }
  return state.folder;
}

test('a state folder is replaced with its keys, which are others: what is in it opens with those that it has had', async () => {
  const made = join(folder, 'made');
  expect(await gatehouse(['backup', made, '--state', await stateFolder('one')], SEALED)).toMatchObject({
    code: 0,
    stderr: '',
  });
  const restore = ['restore', made, '--replace', '--state'];
  const foreign = await stateFolder('foreign', newKey);
  const { code, stderr } = await gatehouse([...restore, foreign], SEALED);
  expect([code, stderr]).toEqual([78, expect.stringContaining('has in keyring opens with the keys')]);
  expect(await gatehouse([...restore, await stateFolder('two')], SEALED)).toMatchObject({
    code: 0,
    stderr: '',
  });
  // What is there now is sealed with the keys that came with the backup.
  expect(await gatehouse([...restore, join(folder, 'two')], SEALED)).toMatchObject({ code: 0, stderr: '' });
});
