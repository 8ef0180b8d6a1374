import { dirname, resolve } from 'node:path';
import type { Secret } from '@gatehouse/kernel/secret';
import { auditAccess } from '../audit/audit-access.js';
import { CustodyDatabase } from '../audit/custody-database.js';
import { FOUND, verifyDatabase, type StoredReport } from '../audit/verify.js';
import { Cannot } from '../cannot.js';
import type { Environment } from '../configuration.js';
import { emptyFoldersOf } from '../make-folder.js';
import { migrateDatabase } from '../migrate.js';
import type { Output } from '../output.js';
import { DEMONSTRATION_CONFIGURATION, PROGRAM } from '../paths.js';
import type { TextStream } from '../terminal.js';
import { accessTo, type InstallationAccess } from './access.js';
import { summaryOf } from './backup-summary.js';
import { DatabaseCopy } from './database-copy.js';
import { readKeptSecrets, withEmbedded } from './embedded.js';
import type { BackedUp, BackupManifest } from './manifest.js';
import { openBackup, type OpenedBackup } from './opened-backup.js';
import { passphraseOf } from './passphrase.js';
import { refuseTarget } from './restore-target.js';
import { writeMissingFiles } from './restored-files.js';
import { inertJson } from '../inert-text.js';

export interface RestoreOptions {
  readonly folder: string;
  readonly config?: string;
  /** Of `gatehouse up`; absent: the databases that the configuration names. */
  readonly state?: string;
  readonly passphraseFile?: string;
  /** Whether what is in the databases goes. */
  readonly replace: boolean;
  /** Look at the backup, and restore nothing. */
  readonly check: boolean;
  /** Where the same goes as JSON. */
  readonly report?: TextStream;
}

/** Puts an installation back. Everything is looked at before anything is touched; databases are whole or as they were. */
export async function restore(
  options: RestoreOptions,
  environment: Environment,
  output: Output,
): Promise<number> {
  const { config, state, check, replace } = options;
  if (!check && config === undefined && state === undefined)
    throw new Cannot(
      'Say where to: gatehouse restore <folder> --config gatehouse.yaml, or for `gatehouse up`: --state .gatehouse',
      'usage',
    );
  const opened = await openBackup(options.folder, passphraseOf(options.passphraseFile, environment));
  describe(opened.manifest, output);
  if (check) {
    output.line('Every file is as it was written.');
    tell(options.report, opened.manifest, undefined);
    return 0;
  }
  const progress = { isRestored: false };
  const course = { replace, output, progress, report: options.report, former: undefined };
  const removeEmpty = emptyFoldersOf(foldersOf(opened.manifest, options));
  const written = await writeMissingFiles(opened, config).catch((error: unknown) => {
    removeEmpty();
    throw error;
  });
  try {
    if (state === undefined) {
      const access = accessTo(config ?? '', environment);
      return await into(access, opened, course, () => () => undefined);
    }
    const kept = opened.manifest.state;
    const instead =
      kept === undefined ? undefined : readKeptSecrets((await opened.readFile(kept)).toString());
    const given = {
      environment,
      isDemonstration: config === undefined,
      mayRun: false,
      isWorthKeeping: () => progress.isRestored,
      ...(instead === undefined ? {} : { instead }),
    };
    return await withEmbedded(state, given, async (embedded) => {
      const document = config ?? DEMONSTRATION_CONFIGURATION;
      const access = accessTo(document, embedded.environment);
      const former = accessTo(document, embedded.ownEnvironment);
      return await into(access, opened, { ...course, former }, () => {
        return instead === undefined ? () => undefined : embedded.state.keepSecrets(instead);
      });
    });
  } catch (error) {
    // What is restored needs its keys and its file, whatever failed afterwards.
    if (!progress.isRestored) {
      written.remove();
      removeEmpty();
    }
    throw error;
  }
}

/** Where something may be made. */
const foldersOf = ({ files }: BackupManifest, { config, state }: RestoreOptions): readonly string[] => [
  ...(config === undefined ? [] : files.map(({ path }) => dirname(resolve(dirname(config), path)))),
  ...(state === undefined ? [] : [resolve(state)]),
];

interface Course {
  readonly replace: boolean;
  readonly output: Output;
  /** Whether a database has taken what was restored. */
  readonly progress: { isRestored: boolean };
  readonly report: TextStream | undefined;
  /** Of a state folder: with the keys that it has had, which what is there is sealed with. */
  readonly former: InstallationAccess | undefined;
}

/** What was done, when it was. */
interface Restored {
  /** Migrations that are newer than the backup. */
  readonly applied: Readonly<Record<string, readonly string[]>>;
  readonly custody: StoredReport;
}

const custodyOf = ({ entries, chains, findings }: StoredReport) => ({ entries, chains, findings });

function tell(to: TextStream | undefined, manifest: BackupManifest, restored: Restored | undefined): void {
  const document = {
    backup: summaryOf(manifest),
    restored: restored !== undefined,
    applied: restored?.applied ?? {},
    custody: restored === undefined ? null : custodyOf(restored.custody),
  };
  to?.write(`${inertJson(document)}\n`);
}

function describe({ made, gatehouse, gateway, databases, sealing }: BackupManifest, output: Output): void {
  output.line(`Backup of ${gateway}, made ${made} by Gatehouse ${gatehouse}`);
  if (sealing === undefined) output.line('Not encrypted: whoever could write to it could change it.');
  for (const { service, tables, migrations } of databases)
    output.line(
      `  ${service.padEnd(22)}${tables.length} tables, ${tables.reduce((sum, { rows }) => sum + rows, 0)} rows, ${migrations.length} migrations`,
    );
}

async function into(
  access: InstallationAccess,
  opened: OpenedBackup,
  { replace, output, progress, report, former }: Course,
  /** @returns what takes it back */
  beforeCommit: () => () => void,
): Promise<number> {
  const { manifest } = opened;
  refuseOtherInstallation(access, manifest);
  await withCopies(access.databases, async (copies) => {
    const owners = former === undefined ? [access] : [access, former];
    for (const copy of copies) await copy.during(async () => await refuseTarget(copy, replace, owners));
    const done: string[] = [];
    let takeBack = (): void => undefined;
    try {
      for (const copy of copies) {
        await copy.during(async () => await fill(copy, opened));
        output.line(`${copy.service.padEnd(22)}written`);
      }
      takeBack = beforeCommit();
      await commitAll(copies, done);
    } catch (error) {
      progress.isRestored = done.length > 0;
      if (done.length === 0) takeBack();
      for (const copy of copies) await copy.rollback();
      throw error;
    }
  });
  progress.isRestored = true;
  output.line('Restored.');
  const applied: Record<string, readonly string[]> = {};
  for (const [service, url] of access.databases) {
    const newer = await migrateDatabase(service, url);
    applied[service] = newer;
    if (newer.length > 0) output.line(`${service}: applied ${newer.join(', ')}`);
  }
  const custody = await verifyCustody(access, output);
  tell(report, manifest, { applied, custody });
  return custody.findings.length === 0 ? 0 : FOUND;
}

/** Keys first: rows that nobody can open are worth nothing, and the services would set them aside. */
function refuseOtherInstallation(access: InstallationAccess, manifest: BackupManifest): void {
  if (access.gateway !== manifest.gateway)
    throw new Cannot(
      `The backup is of the gateway ${manifest.gateway}, and the configuration is of ${access.gateway}. Nothing was restored. Write name: ${manifest.gateway}, or name another backup.`,
      'configuration',
    );
  for (const { of, id, fingerprint } of manifest.keys) {
    const isThere = access.keys.some(
      (key) => key.of === of && key.id === id && key.fingerprint === fingerprint,
    );
    if (!isThere)
      throw new Cannot(
        `The backup was sealed with the key-encryption key "${id}" of ${of}, which the configuration does not have, or has with another value. Nothing was restored. Put that key into its keyEncryptionKeys.`,
        'configuration',
      );
  }
  const missing = manifest.databases.find(({ service }) => !access.databases.has(service));
  if (missing !== undefined || manifest.databases.length !== access.databases.size)
    throw new Cannot(
      'The backup and the configuration have not the same databases: one has an authorization server, and the other has none. Nothing was restored. Use the configuration that the backup was made with.',
      'configuration',
    );
}

async function withCopies<Value>(
  databases: InstallationAccess['databases'],
  use: (copies: readonly DatabaseCopy[]) => Promise<Value>,
): Promise<Value> {
  const begin = async (
    left: readonly (readonly [BackedUp, Secret])[],
    copies: readonly DatabaseCopy[],
  ): Promise<Value> => {
    const [next, ...more] = left;
    if (next === undefined) return await use(copies);
    return await DatabaseCopy.use(...next, async (copy) => await begin(more, [...copies, copy]));
  };
  return await begin([...databases], []);
}

async function fill(copy: DatabaseCopy, { manifest, readTable }: OpenedBackup): Promise<void> {
  const database = manifest.databases.find(({ service }) => service === copy.service);
  if (database === undefined) throw new Error('a database that is not in the backup');
  await copy.begin();
  await copy.makeAnew(database.migrations);
  for (const table of database.tables) {
    const { stream, rows } = copy.into(table);
    await readTable(table, stream);
    if (rows() !== table.rows)
      throw new Cannot(
        `The database of ${copy.service} took ${rows()} of ${table.rows} rows of ${table.name}. Nothing was restored. Run it again.`,
      );
  }
  await copy.settleCustodyLog();
}

/** @param done services whose database was restored, as far as it gets */
async function commitAll(copies: readonly DatabaseCopy[], done: string[]): Promise<void> {
  for (const copy of copies)
    try {
      await copy.during(async () => await copy.commit());
      done.push(copy.service);
    } catch (error) {
      if (done.length === 0) throw error;
      throw new Cannot(
        `The database of ${done.join(', ')} was restored, and that of ${copy.service} was not. Start nothing; run the command again with --replace.`,
        'tryAgain',
      );
    }
}

async function verifyCustody(
  { configuration, environment }: InstallationAccess,
  output: Output,
): Promise<StoredReport> {
  const { keys, databaseUrl } = auditAccess(configuration.document, environment);
  const report = await CustodyDatabase.use(
    databaseUrl(),
    async (database) => await verifyDatabase(database, keys, []),
  );
  for (const { where, what } of report.findings) output.line(`FOUND  ${where}: ${what}`);
  const { entries, chains } = report;
  output.line(
    report.findings.length === 0
      ? `Custody log: ${entries} entries in ${chains} chains verify.`
      : `Custody log: ${report.findings.length} findings; it was like this in the backup. Look: ${PROGRAM} audit verify --config ${configuration.document}`,
  );
  return report;
}
