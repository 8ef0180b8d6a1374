import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { readMigrations } from '@gatehouse/persistence/migrate';
import { Cannot } from '../cannot.js';
import { migrationsOf } from '../paths.js';
import { plainReason } from '../reason.js';
import { countingLines } from './database-copy.js';
import {
  isAuthentic,
  MANIFEST_FILE,
  parseManifest,
  type BackupFile,
  type BackupManifest,
  type BackupTable,
} from './manifest.js';
import { PASSPHRASE_VARIABLE } from './passphrase.js';
import { SealedFiles, sealingKeys } from './sealed-files.js';

/** A backup that was looked at from end to end. */
export interface OpenedBackup {
  readonly manifest: BackupManifest;
  /** What the rows of a table are written to. */
  readonly readTable: (table: BackupTable, to: Writable) => Promise<void>;
  readonly readFile: (file: BackupFile) => Promise<Buffer>;
}

/** Opens every file of a backup and compares it with the manifest. @throws {Cannot} for anything that is not as it was written. */
export async function openBackup(written: string, passphrase: string | undefined): Promise<OpenedBackup> {
  const folder = resolve(written);
  const manifest = readManifestOf(folder);
  if (manifest.sealing !== undefined && passphrase === undefined)
    throw new Cannot(
      `The backup is encrypted: set ${PASSPHRASE_VARIABLE}, or name a file with the passphrase: --passphrase-file <file>`,
      'usage',
    );
  refuseUnsealed(manifest, passphrase);
  const keys =
    manifest.sealing === undefined ? undefined : sealingKeys(passphrase ?? '', manifest.sealing.salt);
  if (!isAuthentic(manifest, keys?.manifest))
    throw new Cannot(
      keys === undefined
        ? `The backup is damaged: ${join(folder, MANIFEST_FILE)} is not as it was written. Nothing was restored. Use another copy of it.`
        : `The passphrase is another one, or ${join(folder, MANIFEST_FILE)} was changed. Nothing was restored. Try the right one: --passphrase-file <file>`,
      'noInput',
    );
  await refuseNewer(manifest);
  const files = new SealedFiles(folder, keys);
  const readTable = async (table: BackupTable, to: Writable): Promise<void> => await files.read(table, to);
  const readFile = async (file: BackupFile): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    const to = new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk);
        done();
      },
    });
    await files.read(file, to);
    return Buffer.concat(chunks);
  };
  for (const file of [...(manifest.state === undefined ? [] : [manifest.state]), ...manifest.files]) {
    await files.verify(file);
    await readFile(file);
  }
  for (const table of manifest.databases.flatMap(({ tables }) => tables)) {
    await files.verify(table);
    const { stream, lines } = countingLines();
    stream.resume();
    await readTable(table, stream);
    if (lines() !== table.rows)
      throw new Cannot(
        `The backup is damaged: ${join(folder, table.file)} has ${lines()} rows in the place of ${table.rows}. Nothing was restored. Use another copy of it.`,
        'noInput',
      );
  }
  return { manifest, readTable, readFile };
}

/**
 * Whoever can write to where backups lie could put one in their place that has no MAC. Keys and files, which somebody may run, are
 * only in those that have one.
 */
function refuseUnsealed({ sealing, state, files }: BackupManifest, passphrase: string | undefined): void {
  if (sealing !== undefined) return;
  if (passphrase !== undefined)
    throw new Cannot(
      `The backup is not encrypted, and a passphrase is given: it may not be the one that you made. Nothing was restored. If it is, run the command without ${PASSPHRASE_VARIABLE} and --passphrase-file.`,
      'noInput',
    );
  if (state !== undefined || files.length > 0)
    throw new Cannot(
      'The backup has keys or files and is not encrypted: Gatehouse makes none like that. Nothing was restored. Use another copy of it.',
      'noInput',
    );
}

function readManifestOf(folder: string): BackupManifest {
  let text: string;
  try {
    text = readFileSync(join(folder, MANIFEST_FILE), 'utf8');
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'it has no manifest' : plainReason(error);
    throw new Cannot(
      `${folder} is no backup: ${why}. Name the folder that \`gatehouse backup\` made: gatehouse restore <folder>`,
      'noInput',
    );
  }
  const manifest = parseManifest(text);
  if (manifest === undefined)
    throw new Cannot(
      `${join(folder, MANIFEST_FILE)} is not the manifest of a backup that this release knows. Use the release that made it.`,
      'noInput',
    );
  return manifest;
}

/** A release restores what it or an earlier one has made. */
async function refuseNewer({ databases, gatehouse }: BackupManifest): Promise<void> {
  for (const { service, migrations } of databases) {
    const known = new Map(
      (await readMigrations(migrationsOf(service))).map(({ name, checksum }) => [name, checksum]),
    );
    const unknown = migrations.find(({ name, checksum }) => known.get(name) !== checksum);
    if (unknown !== undefined)
      throw new Cannot(
        `The backup was made by another release (${gatehouse}), whose database of ${service} has the migration ${unknown.name}, which this one does not know. Nothing was restored. Restore it with that release.`,
        'noInput',
      );
  }
}
