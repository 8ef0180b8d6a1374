import { resolve } from 'node:path';
import type { CustodyKeyring } from '@gatehouse/persistence/custody-log/custody-key';
import { headsAfter, readManifest, type Manifest } from '@gatehouse/persistence/custody-log/manifest';
import { verifyStored, type KnownHead } from '@gatehouse/persistence/custody-log/stored-log';
import { Cannot } from '../cannot.js';
import type { Environment } from '../configuration.js';
import type { Output } from '../output.js';
import type { TextStream } from '../terminal.js';
import { auditAccess } from './audit-access.js';
import { CustodyDatabase } from './custody-database.js';
import {
  contentFindings,
  findArchives,
  MANIFEST_PROBLEMS,
  nameOf,
  sequenceFindings,
  type ArchiveFinding,
} from './verify-archives.js';
import { inertJson } from '../inert-text.js';

/** Exit code when something is not what was written. */
export const FOUND = 2;

export interface VerifyOptions {
  readonly config: string;
  /** Folders with archives. */
  readonly archives: readonly string[];
  /** Without the database. */
  readonly offline: boolean;
  /** `<replica>:<sequence>`, from the vault's log lines `custody-log-head`. */
  readonly heads: readonly string[];
  /** Archives before this one are somewhere else. */
  readonly first: number;
  /** The number of the last archive, where it is known. */
  readonly last: number;
  /** Where the same goes as JSON. */
  readonly report?: TextStream;
}

/** Verifies archives, the database, or both together; each finding is a line. @returns the exit code. */
export async function verify(
  options: VerifyOptions,
  environment: Environment,
  output: Output,
): Promise<number> {
  const { config, archives: folders, offline, heads, first, report } = options;
  if (offline && folders.length === 0)
    throw new Cannot('--offline needs the archives: --archive FOLDER.', 'usage');
  const { keys, databaseUrl } = auditAccess(config, environment);
  const known = heads.map(parseHead);
  const findings: ArchiveFinding[] = [];
  const stored = offline
    ? undefined
    : await CustodyDatabase.use(databaseUrl(), (database) => verifyDatabase(database, keys, known));
  if (stored !== undefined) {
    output.line(
      `database: ${stored.entries} entries in ${stored.chains} chains, after ${stored.manifests.length} archives`,
    );
    findings.push(...stored.findings);
  }
  const last = Math.max(options.last, stored?.manifests.at(-1)?.number ?? 0);
  const archives =
    folders.length === 0
      ? { findings: [], verified: [] }
      : await verifyFolders(folders, keys, { first, last, stored: stored?.manifests }, output);
  findings.push(...archives.findings);
  for (const { where, what } of findings) output.line(`FOUND  ${where}: ${what}`);
  output.line(findings.length === 0 ? 'Everything verifies.' : `${findings.length} findings.`);
  const database =
    stored === undefined
      ? null
      : { entries: stored.entries, chains: stored.chains, archives: stored.manifests.length };
  const document = { verifies: findings.length === 0, database, archives: archives.verified, findings };
  report?.write(`${inertJson(document)}\n`);
  return findings.length === 0 ? 0 : FOUND;
}

export interface StoredReport {
  readonly entries: number;
  readonly chains: number;
  readonly manifests: readonly Manifest[];
  readonly findings: readonly ArchiveFinding[];
}

/** The custody log of one database, with what the archives that it names say. */
export async function verifyDatabase(
  database: CustodyDatabase,
  keys: CustodyKeyring,
  known: readonly KnownHead[],
): Promise<StoredReport> {
  const findings: ArchiveFinding[] = [];
  const manifests: Manifest[] = [];
  for (const { number, partition, manifest } of await database.archives()) {
    const read = readManifest(manifest, keys);
    const where = `database, ${nameOf({ number, partition })}`;
    if (!read.ok) findings.push({ where, what: `its manifest ${MANIFEST_PROBLEMS[read.problem]}` });
    else if (read.manifest.number !== number)
      findings.push({ where, what: 'its manifest is of another archive' });
    else manifests.push(read.manifest);
  }
  for (const { where, what } of sequenceFindings(manifests, { first: 1, last: 0 }))
    findings.push({ where: `database, ${where}`, what });
  const report = await verifyStored(database, keys, { anchors: headsAfter(manifests), known });
  for (const { replicaId, sequence, problem } of report.findings)
    findings.push({ where: 'database', what: `chain ${replicaId}: entry ${sequence} ${problem}` });
  return { entries: report.entries, chains: report.chains, manifests, findings };
}

interface FolderExpectations {
  readonly first: number;
  readonly last: number;
  /** What the database says was archived. */
  readonly stored: readonly Manifest[] | undefined;
}

interface VerifiedArchive {
  readonly number: number;
  readonly partition: string;
  readonly entries: number;
  readonly good: boolean;
}

async function verifyFolders(
  folders: readonly string[],
  keys: CustodyKeyring,
  { first, last, stored = [] }: FolderExpectations,
  output: Output,
): Promise<{ readonly findings: readonly ArchiveFinding[]; readonly verified: readonly VerifiedArchive[] }> {
  const set = await findArchives(
    folders.map((folder) => resolve(folder)),
    keys,
  ).catch(() => {
    throw new Cannot(
      `The archives in ${folders.join(', ')} do not exist or cannot be read. Name where they are: --archive <folder>`,
      'noInput',
    );
  });
  const manifests = set.archives.map(({ manifest }) => manifest);
  const findings = [...set.findings, ...sequenceFindings(manifests, { first, last })];
  const verified: VerifiedArchive[] = [];
  const macs = new Map(stored.map(({ number, mac }) => [number, mac]));
  for (const archive of set.archives) {
    const { manifest } = archive;
    const content = await contentFindings(archive, keys);
    findings.push(...content);
    const mac = macs.get(manifest.number);
    if (mac !== undefined && mac !== manifest.mac)
      findings.push({ where: nameOf(manifest), what: 'is another one than the database removed' });
    const { number, partition, entries } = manifest;
    verified.push({ number, partition, entries, good: content.length === 0 });
    output.line(`${nameOf(manifest)}: ${entries} entries, ${content.length === 0 ? 'good' : 'not good'}`);
  }
  return { findings, verified };
}

function parseHead(text: string): KnownHead {
  const match = /^([0-9a-f-]{36}):(\d{1,10})$/.exec(text);
  if (match?.[1] === undefined)
    throw new Cannot('--head takes <replicaId>:<sequence> of a line custody-log-head.', 'usage');
  return { replicaId: match[1], sequence: Number(match[2]) };
}
