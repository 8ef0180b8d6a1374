import { createHash } from 'node:crypto';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ANONYMOUS, StoredInstallation } from '../stored-installation.fixture.js';
import {
  MANIFEST_FILE,
  parseManifest,
  writeManifest,
  type BackupManifest,
  type ManifestBody,
} from './manifest.js';
import { sealingKeys } from './sealed-files.js';

const PASSPHRASE = 'correct horse battery staple';
const SEALED = { GATEHOUSE_BACKUP_PASSPHRASE: PASSPHRASE };

let stored: StoredInstallation;
beforeAll(async () => {
  stored = await StoredInstallation.start();
  await stored.connection(await stored.person({ name: 'Alice' }), { subject: 'octo-a' });
  expect(await stored.patiently(['backup', stored.path('open')])).toMatchObject({ code: 0 });
  expect(await stored.patiently(['backup', stored.path('sealed')], SEALED)).toMatchObject({ code: 0 });
});
afterAll(() => stored.close());

type Change = (body: ManifestBody, folder: string) => ManifestBody | Promise<ManifestBody>;

async function manifestOf(folder: string): Promise<BackupManifest> {
  const manifest = parseManifest(await readFile(join(folder, MANIFEST_FILE), 'utf8'));
  if (manifest === undefined) throw new Error('no manifest');
  return manifest;
}

const without = <Whole extends object>(whole: Whole, member: keyof Whole): Whole =>
  Object.fromEntries(Object.entries(whole).filter(([name]) => name !== member)) as Whole;

/** As somebody makes it who knows how manifests are written. @param passphrase where the one who does it has it */
async function forged(of: 'open' | 'sealed', change: Change, passphrase?: string): Promise<string> {
  const folder = stored.path('forged');
  await rm(folder, { recursive: true, force: true });
  await cp(stored.path(of), folder, { recursive: true });
  const body: ManifestBody = without(await manifestOf(folder), 'mac');
  const changed = await change(body, folder);
  const key =
    passphrase === undefined ? undefined : sealingKeys(passphrase, body.sealing?.salt ?? '').manifest;
  await writeFile(join(folder, MANIFEST_FILE), writeManifest(changed, key));
  return folder;
}

/** With other facts of the file of accounts. */
const withAccounts = (
  body: ManifestBody,
  facts: Partial<ManifestBody['databases'][number]['tables'][number]>,
): ManifestBody => ({
  ...body,
  databases: body.databases.map((database) => ({
    ...database,
    tables: database.tables.map((table) => (table.name === 'accounts' ? { ...table, ...facts } : table)),
  })),
});

/** Writes another file in the place of that of accounts. */
async function inPlaceOfAccounts(body: ManifestBody, folder: string, bytes: Buffer): Promise<ManifestBody> {
  const file = body.databases.flatMap(({ tables }) => tables).find(({ name }) => name === 'accounts')?.file;
  await writeFile(join(folder, file ?? ''), bytes);
  return withAccounts(body, {
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('base64url'),
  });
}

const said = async (folder: string, changed: Readonly<Record<string, string>> = {}) => {
  const { code, stderr } = await stored.patiently(['restore', folder, '--replace'], changed);
  return [code, stderr];
};

const isUntouched = async (): Promise<void> => {
  expect(await stored.query('authorization-server', 'select name from accounts')).toEqual([
    { name: 'Alice' },
  ]);
};

describe('an open backup whose checksums fit is refused before anything is touched where', () => {
  test('a file does not unpack', async () => {
    const folder = await forged('open', async (body, at) => {
      return await inPlaceOfAccounts(body, at, Buffer.from('not packed'));
    });
    expect(await said(folder)).toEqual([
      66,
      expect.stringContaining('accounts.copy.gz does not open. Nothing was restored.'),
    ]);
    await isUntouched();
  });

  test('a table has fewer rows than the manifest says', async () => {
    const folder = await forged('open', (body) => withAccounts(body, { rows: 2 }));
    expect(await said(folder)).toEqual([
      66,
      expect.stringContaining('accounts.copy.gz has 1 rows in the place of 2. Nothing was restored.'),
    ]);
    await isUntouched();
  });

  test('rows are none of the table: Postgres refuses them, and the transaction with them', async () => {
    const folder = await forged('open', async (body, at) => {
      return await inPlaceOfAccounts(body, at, gzipSync('no-uuid\tname\t\\N\t\\N\n'));
    });
    expect(await said(folder)).toEqual([
      1,
      expect.stringMatching(
        /The database of authorization-server refused: invalid input syntax for type uuid/,
      ),
    ]);
    await isUntouched();
  });

  test('the manifest names a column that the table has not', async () => {
    const folder = await forged('open', (body) => withAccounts(body, { columns: ['id', 'nothing'] }));
    expect(await said(folder)).toEqual([1, expect.stringContaining('"nothing"')]);
    await isUntouched();
  });

  test('it has only one of the two databases', async () => {
    const folder = await forged('open', (body) => ({ ...body, databases: body.databases.slice(1) }));
    expect(await said(folder)).toEqual([
      78,
      expect.stringContaining('The backup and the configuration have not the same databases'),
    ]);
    await isUntouched();
  });

  test('the configuration has only one of the two', async () => {
    const config = await stored.write('anonymous.yaml', ANONYMOUS);
    const folder = await forged('open', (body) => ({
      ...body,
      keys: body.keys.filter(({ of }) => of === 'token-vault'),
    }));
    const { code, stderr } = await stored.patiently(['restore', folder, '--replace'], {}, config);
    expect([code, stderr]).toEqual([78, expect.stringContaining('have not the same databases')]);
  });
});

describe('attack: a sealed backup is refused where', () => {
  test('the file of one table stands for another one', async () => {
    const folder = await forged('sealed', (body) => body, PASSPHRASE);
    const [accounts, identities] = ['accounts', 'identities'].map((name) =>
      join(folder, `authorization-server/${name}.copy.gz.sealed`),
    ) as [string, string];
    const bytes = await readFile(identities);
    await forgedWith(folder, accounts, bytes);
    expect(await said(folder, SEALED)).toEqual([66, expect.stringContaining('sealed does not open')]);
    await isUntouched();
  });

  test('a file is too short to be sealed at all', async () => {
    const folder = await forged('sealed', (body) => body, PASSPHRASE);
    await forgedWith(
      folder,
      join(folder, 'authorization-server/accounts.copy.gz.sealed'),
      Buffer.from('short'),
    );
    expect(await said(folder, SEALED)).toEqual([66, expect.stringContaining('sealed is too short')]);
  });

  test('the manifest was changed by somebody who has not the passphrase', async () => {
    const folder = await forged(
      'sealed',
      (body) => ({ ...body, gateway: 'other' }),
      'a passphrase of somebody',
    );
    expect(await said(folder, SEALED)).toEqual([
      66,
      expect.stringMatching(/The passphrase is another one, or .*manifest\.json was changed/),
    ]);
  });

  test('its seal was taken off, and the checksum made anew', async () => {
    const folder = await forged('sealed', (body) => without(body, 'sealing'));
    expect(await said(folder, SEALED)).toEqual([
      66,
      expect.stringContaining('The backup is not encrypted, and a passphrase is given'),
    ]);
  });

  /** In the place of a file, with its checksum in the manifest. */
  async function forgedWith(folder: string, file: string, bytes: Buffer): Promise<void> {
    await writeFile(file, bytes);
    const body: ManifestBody = without(await manifestOf(folder), 'mac');
    const sha256 = createHash('sha256').update(bytes).digest('base64url');
    const changed = withAccounts(body, { bytes: bytes.length, sha256 });
    const { manifest } = sealingKeys(PASSPHRASE, body.sealing?.salt ?? '');
    await writeFile(join(folder, MANIFEST_FILE), writeManifest(changed, manifest));
  }
});
