import { join, resolve } from 'node:path';
import { DAY_MS, parseDurationMs } from '@gatehouse/kernel/durations';
import { ChainWalk, type ChainHead } from '@gatehouse/persistence/custody-log/chain-walk';
import type { CustodyEntry } from '@gatehouse/persistence/custody-log/custody-entry';
import type { CustodyKeyring } from '@gatehouse/persistence/custody-log/custody-key';
import {
  ARCHIVE_FORMAT,
  ARCHIVES_START,
  headsAfter,
  readManifest,
  signManifest,
  writeManifest,
  type Manifest,
} from '@gatehouse/persistence/custody-log/manifest';
import { storedEntries } from '@gatehouse/persistence/custody-log/stored-log';
import { Cannot } from '../cannot.js';
import type { Environment } from '../configuration.js';
import type { Output } from '../output.js';
import { plainReason } from '../reason.js';
import type { TextStream } from '../terminal.js';
import {
  dataFileOf,
  linesDigest,
  manifestFileOf,
  manifestFiles,
  writeLines,
  writeManifestFile,
} from './archive-files.js';
import { auditAccess } from './audit-access.js';
import { CustodyDatabase, type Partition } from './custody-database.js';
import { contentFindings, MANIFEST_PROBLEMS, sequenceFindings } from './verify-archives.js';
import { inertJson } from '../inert-text.js';

export interface ArchiveOptions {
  readonly config: string;
  readonly directory: string;
  /** A duration (`30d`) or a date (`2026-11-01`, or with a time). */
  readonly before: string;
  /** Whether what was archived leaves the database. */
  readonly remove: boolean;
  /** Where the same goes as JSON. */
  readonly report?: TextStream;
}

interface Archiving {
  readonly database: CustodyDatabase;
  readonly keys: CustodyKeyring;
  readonly folder: string;
}

/** Where the next archive goes on. */
interface Position {
  readonly number: number;
  readonly previous: string;
  readonly heads: ReadonlyMap<string, ChainHead>;
}

/** Exports the partitions that ended before a time, oldest first; each is read back before it is taken away. */
export async function archive(
  { config, directory, before, remove, report }: ArchiveOptions,
  environment: Environment,
  output: Output,
): Promise<number> {
  const until = parseBefore(before, Date.now());
  const { keys, hasOwner, databaseUrl } = auditAccess(config, environment);
  if (remove && !hasOwner)
    throw new Cannot(
      'The vault’s own role takes nothing out of the custody log. Give the log an owner first: run ' +
        'infra/postgres/token-vault-owner.sql and set postgres.tokenVault.ownerUrl.',
      'configuration',
    );
  const folder = resolve(directory);
  return await CustodyDatabase.use(databaseUrl(), async (database) => {
    if (!(await database.isOwner()))
      throw new Cannot(
        'The custody log belongs to another role than the one of postgres.tokenVault. Name that one: postgres.tokenVault.ownerUrl.',
        'configuration',
      );
    const done = await archiveUntil(until, { database, keys, folder }, remove, output);
    report?.write(`${inertJson({ ...done, removed: remove })}\n`);
    return 0;
  }).catch((error: unknown) => {
    if (!isOfTheDisk(error)) throw error;
    throw new Cannot(
      `The folder ${folder} cannot be written: ${plainReason(error)}. Name another one: --directory <folder>`,
      'noOutput',
    );
  });
}

/** An error of the operating system. Those of the connection have been told apart before. */
const isOfTheDisk = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'syscall' in error;

/** What became of the partitions, and the number to keep outside. */
interface Archived {
  readonly archives: readonly Pick<Manifest, 'number' | 'partition' | 'entries' | 'bytes'>[];
  readonly last: number;
}

async function archiveUntil(
  until: Date,
  { database, keys, folder }: Archiving,
  remove: boolean,
  output: Output,
): Promise<Archived> {
  const settled = await database.settle();
  if (settled > 0) output.line(`${settled} entries without a partition were given theirs`);
  let position = positionAfter((await database.archives()).map(({ manifest }) => opened(manifest, keys)));
  const partitions = await database.partitionsUntil(until);
  const archives: Archived['archives'][number][] = [];
  for (const partition of partitions) {
    const manifest = await exported({ database, keys, folder }, partition, position);
    if (remove) await database.remove(manifest, writeManifest(manifest));
    position = advanced(position, manifest);
    const { number, partition: name, entries, bytes } = manifest;
    archives.push({ number, partition: name, entries, bytes });
    output.line(
      `archive ${number}  ${name}  ${entries} entries  ${bytes} bytes` +
        `  ${remove ? 'archived and removed' : 'archived'}`,
    );
  }
  output.line(
    partitions.length === 0
      ? `No partition ended before ${until.toISOString()}.`
      : `The last archive is number ${position.number - 1}. Keep this number outside: a lost last archive is found by it.`,
  );
  return { archives, last: position.number - 1 };
}

/** A partition is closed a day after its end, when all late entries have arrived. */
export function parseBefore(before: string, nowMs: number): Date {
  const age = parseDurationMs(before);
  const isDate = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/.test(before);
  const untilMs = age === undefined ? (isDate ? Date.parse(before) : Number.NaN) : nowMs - age;
  if (Number.isNaN(untilMs))
    throw new Cannot('--before takes a duration such as 30d, or a date such as 2026-11-01 (UTC).', 'usage');
  return new Date(Math.min(untilMs, nowMs - DAY_MS));
}

function positionAfter(manifests: readonly Manifest[]): Position {
  const [finding] = sequenceFindings(manifests, { first: 1, last: 0 });
  if (finding !== undefined)
    throw new Cannot(
      `The database’s list of archives is not whole: ${finding.where}: ${finding.what}. Nothing was archived. See everything that is wrong: gatehouse audit verify --config <file>`,
    );
  const last = manifests.at(-1);
  return {
    number: (last?.number ?? 0) + 1,
    previous: last?.mac ?? ARCHIVES_START,
    heads: headsAfter(manifests),
  };
}

const advanced = ({ heads }: Position, manifest: Manifest): Position => ({
  number: manifest.number + 1,
  previous: manifest.mac,
  heads: new Map([...heads, ...headsAfter([manifest])]),
});

function opened(text: string, keys: CustodyKeyring): Manifest {
  const read = readManifest(text, keys);
  if (!read.ok)
    throw new Cannot(
      `The database’s list of archives cannot be relied on: a manifest ${MANIFEST_PROBLEMS[read.problem]}. Nothing was archived. See everything that is wrong: gatehouse audit verify --config <file>`,
    );
  return read.manifest;
}

/** The archive of a partition, existing or new. It is verified from the disk in either case. */
async function exported(archiving: Archiving, partition: Partition, position: Position): Promise<Manifest> {
  const { database, keys, folder } = archiving;
  const walk = new ChainWalk(keys, position.heads);
  const entries = walked(storedEntries(database, partition.name), walk);
  const present = await existing(archiving, partition);
  let manifest: Manifest;
  if (present === undefined) {
    const file = dataFileOf(partition.name);
    const written = await writeLines(folder, file, entries);
    mustBeWhole(walk, partition);
    manifest = signManifest(
      {
        format: ARCHIVE_FORMAT,
        number: position.number,
        previous: position.previous,
        partition: partition.name,
        from: partition.from?.toISOString() ?? null,
        to: partition.to.toISOString(),
        file,
        ...written,
        entries: walk.entries,
        chains: [...walk.segments()],
      },
      keys.current,
    );
  } else {
    const linesSha256 = await linesDigest(entries);
    mustBeWhole(walk, partition);
    const isThis =
      present.number === position.number &&
      present.previous === position.previous &&
      present.linesSha256 === linesSha256;
    if (!isThis) throw notThis(folder, partition);
    manifest = present;
  }
  const [finding] = await contentFindings({ folder, manifest }, keys);
  if (finding !== undefined)
    throw new Cannot(
      `What was archived does not read back. ${finding.where}: ${finding.what}. Nothing was removed. Name a folder on another disk: --directory <folder>`,
    );
  await writeManifestFile(folder, partition.name, writeManifest(manifest));
  return manifest;
}

/** An archive that an earlier run has finished. */
async function existing({ folder, keys }: Archiving, partition: Partition): Promise<Manifest | undefined> {
  const files = await manifestFiles([folder]).catch(() => []);
  const found = files.find(({ file }) => file === manifestFileOf(partition.name));
  if (found === undefined) return undefined;
  const read = readManifest(found.text, keys);
  if (!read.ok) throw notThis(folder, partition);
  return read.manifest;
}

const notThis = (folder: string, { name }: Partition): Cannot =>
  new Cannot(
    `${join(folder, manifestFileOf(name))} is there already and is not the archive of what the database has. ` +
      'Nothing was overwritten or removed. Move it away, or name another folder: --directory <folder>',
  );

async function* walked(entries: AsyncIterable<CustodyEntry>, walk: ChainWalk): AsyncGenerator<CustodyEntry> {
  for await (const entry of entries) {
    walk.take(entry);
    yield entry;
  }
}

/** An archive that does not verify stays where it is, so that people can find out why. */
function mustBeWhole(walk: ChainWalk, { name }: Partition): void {
  const [finding] = walk.findings;
  if (finding !== undefined)
    throw new Cannot(
      `${name} does not verify: chain ${finding.replicaId}, entry ${finding.sequence} ${finding.problem}. ` +
        'Nothing was removed. `gatehouse audit verify` shows everything that is wrong.',
    );
}
