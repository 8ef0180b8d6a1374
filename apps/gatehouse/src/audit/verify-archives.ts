import { CHAIN_START } from '@gatehouse/persistence/custody-log/custody-entry';
import {
  ChainWalk,
  type ChainHead,
  type ChainHeads,
  type Segment,
} from '@gatehouse/persistence/custody-log/chain-walk';
import type { CustodyKeyring } from '@gatehouse/persistence/custody-log/custody-key';
import { readEntryLine } from '@gatehouse/persistence/custody-log/entry-lines';
import { ARCHIVES_START, readManifest, type Manifest } from '@gatehouse/persistence/custody-log/manifest';
import { manifestFiles, readLines } from './archive-files.js';

/** What is wrong, and where, in words for people. */
export interface ArchiveFinding {
  readonly where: string;
  readonly what: string;
}

export interface FoundArchive {
  readonly folder: string;
  readonly manifest: Manifest;
}

export interface ArchiveSet {
  readonly archives: readonly FoundArchive[];
  readonly findings: readonly ArchiveFinding[];
}

export const nameOf = ({ number, partition }: Pick<Manifest, 'number' | 'partition'>): string =>
  `archive ${number} (${partition})`;

/** What is wrong with a manifest, in words. */
export const MANIFEST_PROBLEMS = {
  not_a_manifest: 'is not a manifest',
  unknown_key: 'was made with a key that is not configured',
  altered: 'is not what was written: its MAC is wrong',
} as const;

/** The archives of these folders in their order; the same archive may lie in several. */
export async function findArchives(folders: readonly string[], keys: CustodyKeyring): Promise<ArchiveSet> {
  const findings: ArchiveFinding[] = [];
  const byNumber = new Map<number, FoundArchive>();
  for (const { folder, file, text } of await manifestFiles(folders)) {
    const where = `${folder}/${file}`;
    const read = readManifest(text, keys);
    if (!read.ok) {
      findings.push({ where, what: MANIFEST_PROBLEMS[read.problem] });
      continue;
    }
    const { manifest } = read;
    const other = byNumber.get(manifest.number);
    if (other !== undefined && other.manifest.mac !== manifest.mac)
      findings.push({ where, what: `has the number ${manifest.number} of ${nameOf(other.manifest)}` });
    else byNumber.set(manifest.number, { folder, manifest });
  }
  const archives = [...byNumber.values()].sort((a, b) => a.manifest.number - b.manifest.number);
  return { archives, findings };
}

export interface Expected {
  /** Archives before this one are somewhere else. */
  readonly first: number;
  /** The archives reach at least to this one. */
  readonly last: number;
}

/** Whether each archive follows the one before, and each chain in it goes on where it had stopped. */
export function sequenceFindings(
  manifests: readonly Manifest[],
  { first, last }: Expected,
): readonly ArchiveFinding[] {
  const findings: ArchiveFinding[] = [];
  const heads = new Map<string, ChainHead>();
  let number = first;
  let previous = first === 1 ? ARCHIVES_START : undefined;
  let isWhole = first === 1;
  for (const manifest of manifests.filter((one) => one.number >= first)) {
    if (manifest.number > number) {
      findings.push(missing(number, manifest.number - 1));
      previous = undefined;
      isWhole = false;
    }
    if (previous !== undefined && manifest.previous !== previous)
      findings.push({ where: nameOf(manifest), what: `does not follow archive ${manifest.number - 1}` });
    for (const segment of manifest.chains) {
      const { replicaId, first: begin, previousHash, last: sequence, hash } = segment;
      const head = heads.get(replicaId) ?? (isWhole ? { sequence: 0, hash: CHAIN_START } : undefined);
      if (head !== undefined && (begin !== head.sequence + 1 || previousHash !== head.hash))
        findings.push({
          where: nameOf(manifest),
          what: `chain ${replicaId} does not go on at ${head.sequence + 1}`,
        });
      heads.set(replicaId, { sequence, hash });
    }
    number = manifest.number + 1;
    previous = manifest.mac;
  }
  if (number <= last) findings.push(missing(number, last));
  return findings;
}

const missing = (from: number, to: number): ArchiveFinding => ({
  where: from === to ? `archive ${from}` : `archives ${from} to ${to}`,
  what: 'missing',
});

/** Reads an archive's file and recomputes every chain in it. */
export async function contentFindings(
  { folder, manifest }: FoundArchive,
  keys: CustodyKeyring,
): Promise<readonly ArchiveFinding[]> {
  const where = `${nameOf(manifest)}, ${folder}/${manifest.file}`;
  const walk = new ChainWalk(keys, headsBefore(manifest.chains));
  let lines = 0;
  let badLine: number | undefined;
  const read = await readLines(folder, manifest.file, (text) => {
    lines += 1;
    const entry = readEntryLine(text);
    if (entry === undefined) badLine ??= lines;
    else walk.take(entry);
  });
  if (read.kind === 'missing') return [{ where, what: 'missing' }];
  walk.expect(manifest.chains.map(({ replicaId, last }) => ({ replicaId, sequence: last })));
  const findings: ArchiveFinding[] = [];
  if (read.kind === 'unreadable') findings.push({ where, what: `cannot be unpacked after ${lines} entries` });
  else if (read.sha256 !== manifest.sha256)
    findings.push({
      where,
      what: `is not what was written: ${read.bytes} bytes, ${lines} of ${manifest.entries} entries`,
    });
  if (badLine !== undefined) findings.push({ where, what: `line ${badLine} is not an entry` });
  for (const { replicaId, sequence, problem } of walk.findings)
    findings.push({ where, what: `chain ${replicaId}: entry ${sequence} ${problem}` });
  const isAsSaid = lines === manifest.entries && sameSegments(walk.segments(), manifest.chains);
  if (
    findings.length === 0 &&
    (!isAsSaid || read.kind !== 'read' || read.linesSha256 !== manifest.linesSha256)
  )
    findings.push({ where, what: 'does not hold what its manifest says' });
  return findings;
}

const headsBefore = (chains: readonly Segment[]): ChainHeads =>
  new Map(
    chains.map(({ replicaId, first, previousHash }) => [
      replicaId,
      { sequence: first - 1, hash: previousHash },
    ]),
  );

const sameSegments = (left: readonly Segment[], right: readonly Segment[]): boolean => {
  const text = (segments: readonly Segment[]) =>
    segments
      .map(({ replicaId, first, last, hash }) => `${replicaId} ${first} ${last} ${hash}`)
      .sort()
      .join('\n');
  return text(left) === text(right);
};
