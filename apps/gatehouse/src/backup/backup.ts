import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import type { Secret } from '@gatehouse/kernel/secret';
import { Cannot } from '../cannot.js';
import type { Environment } from '../configuration.js';
import type { Output } from '../output.js';
import { DEMONSTRATION_CONFIGURATION, PROGRAM } from '../paths.js';
import { isSystemError, plainReason } from '../reason.js';
import type { TextStream } from '../terminal.js';
import { gatehouseVersion } from '../version.js';
import { accessTo, secretFilesOf, type InstallationAccess } from './access.js';
import { countingLines, DatabaseCopy } from './database-copy.js';
import { DraftFolder, emptyFolder, type Ending } from './draft-folder.js';
import { keptSecrets, withEmbedded } from './embedded.js';
import {
  BACKUP_FORMAT,
  MANIFEST_FILE,
  writeManifest,
  type BackedUp,
  type BackupDatabase,
  type BackupFile,
  type BackupTable,
  type ManifestBody,
  type KeptFile,
} from './manifest.js';
import { summaryOf } from './backup-summary.js';
import { passphraseOf, PASSPHRASE_VARIABLE } from './passphrase.js';
import { newSalt, SealedFiles, sealingKeys } from './sealed-files.js';
import { inertJson } from '../inert-text.js';

export interface BackupOptions {
  readonly folder: string;
  /** Absent: the demonstration, of a state folder. */
  readonly config?: string;
  /** Of `gatehouse up`; absent: the databases that the configuration names. */
  readonly state?: string;
  readonly passphraseFile?: string;
  readonly withoutKeys: boolean;
  /** Where the same goes as JSON. */
  readonly report?: TextStream;
  /** What may end it before it is done. */
  readonly ending?: Ending;
}

/** Copies an installation, while it runs or not, into a folder that appears when it is whole. */
export async function backup(
  options: BackupOptions,
  environment: Environment,
  output: Output,
): Promise<number> {
  const { config, state, withoutKeys } = options;
  if (config === undefined && state === undefined)
    throw new Cannot(
      'Say of what: gatehouse backup <folder> --config gatehouse.yaml, or of `gatehouse up`: --state .gatehouse',
      'usage',
    );
  const passphrase = passphraseOf(options.passphraseFile, environment);
  if (state !== undefined && passphrase === undefined && !withoutKeys)
    throw new Cannot(
      `The keys of \`gatehouse up\` go into a backup only if it is encrypted: set ${PASSPHRASE_VARIABLE}, or keep them yourself (${join(state, 'secrets.json')}) and say --without-keys.`,
      'usage',
    );
  const folder = emptyFolder(options.folder);
  const job = { folder, passphrase, output, report: options.report, ending: options.ending };
  if (state === undefined) await copy(accessTo(config ?? '', environment), job, undefined);
  else {
    if (!existsSync(join(state, 'secrets.json')))
      throw new Cannot(
        `${state} is no state folder of \`gatehouse up\`. Name the one that it printed: gatehouse backup <folder> --state <folder>`,
        'noInput',
      );
    const given = { environment, isDemonstration: config === undefined, mayRun: true };
    await withEmbedded(state, given, async (embedded) => {
      const access = accessTo(config ?? DEMONSTRATION_CONFIGURATION, embedded.environment);
      const keys = withoutKeys ? undefined : keptSecrets(embedded.secrets);
      await copy(access, job, { keys, config: withoutKeys ? undefined : config });
    });
  }
  output.line(`\nTry it: ${PROGRAM} restore ${options.folder} --check`);
  return 0;
}

interface Job {
  readonly folder: string;
  readonly passphrase: string | undefined;
  readonly output: Output;
  readonly report: TextStream | undefined;
  readonly ending: Ending | undefined;
}

/** What `gatehouse up` keeps beside its databases. */
interface StateKept {
  readonly keys: string | undefined;
  readonly config: string | undefined;
}

async function copy(access: InstallationAccess, job: Job, state: StateKept | undefined): Promise<void> {
  const draft = new DraftFolder(job.folder);
  try {
    draft.make(job.ending);
    const manifest = await writeAll(access, { ...job, folder: draft.path }, state);
    draft.takeItsPlace();
    job.report?.write(`${inertJson({ folder: job.folder, ...summaryOf(manifest) })}\n`);
  } catch (error) {
    draft.remove();
    if (!isSystemError(error)) throw error;
    throw new Cannot(
      `The backup cannot be written to ${job.folder}: ${plainReason(error)}. Name another folder: gatehouse backup <folder>`,
      'noOutput',
    );
  }
}

async function writeAll(
  access: InstallationAccess,
  { folder, passphrase, output }: Job,
  state: StateKept | undefined,
): Promise<ManifestBody> {
  const salt = newSalt();
  const keys = passphrase === undefined ? undefined : sealingKeys(passphrase, salt);
  const files = new SealedFiles(folder, keys);
  const databases = await copyDatabases(access.databases, files, output);
  const kept = state?.config === undefined ? [] : await keptFiles(access, files, output);
  const stateKeys = state?.keys;
  const manifest: ManifestBody = {
    format: BACKUP_FORMAT,
    made: new Date().toISOString(),
    gatehouse: gatehouseVersion(),
    gateway: access.gateway,
    ...(keys === undefined ? {} : { sealing: { kdf: 'scrypt' as const, salt } }),
    keys: access.keys,
    databases,
    ...(stateKeys === undefined
      ? {}
      : { state: await files.write('state/keys', Readable.from([stateKeys])) }),
    files: kept,
  };
  writeFileSync(join(folder, MANIFEST_FILE), writeManifest(manifest, keys?.manifest), { mode: 0o600 });
  if (stateKeys !== undefined) output.line(`${'keys'.padEnd(22)}those of \`gatehouse up\``);
  output.line(
    keys === undefined
      ? `Not encrypted: names and addresses of people can be read in it. Set ${PASSPHRASE_VARIABLE} for that. Keys are not in it: keep them apart from it.`
      : `Encrypted.${stateKeys === undefined ? ' Keys of the services are not in it: keep them apart from it.' : ' Without its passphrase nobody can restore it: keep that apart from it.'}`,
  );
  return manifest;
}

/** Both databases, each as it is at one moment; at the same one where they are in one database. */
async function copyDatabases(
  databases: InstallationAccess['databases'],
  files: SealedFiles,
  output: Output,
): Promise<BackupDatabase[]> {
  const copies: DatabaseCopy[] = [];
  const begin = async (
    left: readonly (readonly [BackedUp, Secret])[],
    before: { readonly place: string; readonly snapshot: string } | undefined,
  ): Promise<BackupDatabase[]> => {
    const [next, ...more] = left;
    if (next === undefined) {
      const written: BackupDatabase[] = [];
      for (const copy of copies) {
        const database = await copy.during(async () => await copyDatabase(copy, files));
        // Each at once: a large one takes its time.
        output.line(summaryLine(database));
        written.push(database);
      }
      return written;
    }
    const [service, url] = next;
    return await DatabaseCopy.use(service, url, async (copy) => {
      const place = placeOf(url);
      const snapshot = await copy.beginSnapshot(before?.place === place ? before.snapshot : undefined);
      copies.push(copy);
      return await begin(more, before ?? { place, snapshot });
    });
  };
  return await begin([...databases], undefined);
}

function summaryLine({ service, tables }: BackupDatabase): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const bytes = tables.reduce((sum, table) => sum + table.bytes, 0);
  return `${service.padEnd(22)}${tables.length} tables, ${rows} rows, ${bytes} bytes packed`;
}

function placeOf(url: Secret): string {
  const { host, pathname } = new URL(url.reveal());
  return `${host}${pathname}`;
}

async function copyDatabase(copy: DatabaseCopy, files: SealedFiles): Promise<BackupDatabase> {
  const { service } = copy;
  const migrations = await copy.migrations();
  if (migrations.length === 0)
    throw new Cannot(
      `The database of ${service} has no tables. Name the installation's own: --config <file>, after \`gatehouse migrate\`.`,
    );
  const tables: BackupTable[] = [];
  for (const table of await copy.tables()) {
    const counted = countingLines();
    const rows = copy.rowsOf(table);
    rows.on('error', (error) => counted.stream.destroy(error));
    const file = await files.write(`${service}/${table.name}.copy`, rows.pipe(counted.stream));
    tables.push({ name: table.name, columns: [...table.columns], rows: counted.lines(), ...file });
  }
  return { service, postgres: await copy.serverVersion(), migrations: [...migrations], tables };
}

/** The configuration and the files of its folder that it reads secrets from. */
async function keptFiles(
  access: InstallationAccess,
  files: SealedFiles,
  output: Output,
): Promise<KeptFile[]> {
  const { document } = access.configuration;
  const { own, elsewhere } = secretFilesOf(access);
  if (!statSync(document).isFile()) {
    output.line(
      `Not in the backup, because it is a folder: ${document}. Keep it, with the files that it reads secrets from.`,
    );
    return [];
  }
  const paths = [basename(document), ...own];
  const kept: KeptFile[] = [];
  for (const [index, path] of paths.entries()) {
    const file: BackupFile = await files.write(
      `files/${index}`,
      Readable.from([readFileSync(join(dirname(document), path))]),
    );
    kept.push({ path, ...file });
  }
  output.line(`${'configuration'.padEnd(22)}${paths.join(', ')}`);
  if (elsewhere.length > 0)
    output.line(`Not in the backup, because they lie elsewhere: ${elsewhere.join(', ')}. Keep them.`);
  return kept;
}
