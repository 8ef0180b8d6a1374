import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { CustodyEntry } from '@gatehouse/persistence/custody-log/custody-entry';
import { entryLine } from '@gatehouse/persistence/custody-log/entry-lines';
import { measuring } from '../measuring.js';

const MANIFEST = '.manifest.json';
const DRAFT = '.partial';
const LINES_AT_ONCE = 500;
/** No entry is nearly as long. */
const MAX_LINE_LENGTH = 64 * 1024;

export const dataFileOf = (partition: string): string => `${partition}.jsonl.gz`;
export const manifestFileOf = (partition: string): string => `${partition}${MANIFEST}`;

export interface WrittenLines {
  readonly bytes: number;
  readonly sha256: string;
  readonly linesSha256: string;
}

const digest = () => createHash('sha256');

/** Entries as text, several lines at once, with the digest of it all. */
function linesOf(entries: AsyncIterable<CustodyEntry>): {
  readonly text: () => AsyncGenerator<string>;
  readonly sha256: () => string;
} {
  const hash = digest();
  return {
    sha256: () => hash.digest('base64url'),
    text: async function* () {
      let waiting: string[] = [];
      for await (const entry of entries) {
        waiting.push(`${entryLine(entry)}\n`);
        if (waiting.length < LINES_AT_ONCE) continue;
        const text = waiting.join('');
        hash.update(text);
        yield text;
        waiting = [];
      }
      const rest = waiting.join('');
      hash.update(rest);
      if (rest !== '') yield rest;
    },
  };
}

/** The digest that the lines of an archive of these entries would have. */
export async function linesDigest(entries: AsyncIterable<CustodyEntry>): Promise<string> {
  const hash = digest();
  for await (const entry of entries) hash.update(`${entryLine(entry)}\n`);
  return hash.digest('base64url');
}

/** Writes the file, whole or not at all, and onto the disk. */
export async function writeLines(
  folder: string,
  name: string,
  entries: AsyncIterable<CustodyEntry>,
): Promise<WrittenLines> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, name + DRAFT);
  const lines = linesOf(entries);
  const compressed = measuring();
  try {
    await pipeline(
      Readable.from(lines.text()),
      createGzip(),
      compressed.stream,
      createWriteStream(draft, { mode: 0o600, flush: true }),
    );
    await rename(draft, join(folder, name));
    await flushFolder(folder);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  return { ...compressed.read(), linesSha256: lines.sha256() };
}

/** A manifest is written last: an archive without one is none. */
export async function writeManifestFile(folder: string, partition: string, text: string): Promise<void> {
  const file = join(folder, manifestFileOf(partition));
  const draft = file + DRAFT;
  const handle = await open(draft, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
  await flushFolder(folder);
}

async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export type ReadLines =
  { readonly kind: 'missing' } | { readonly kind: 'unreadable' } | ({ readonly kind: 'read' } & WrittenLines);

/** Reads an archive's file line by line. A part that cannot be unpacked ends the reading, as `unreadable`. */
export async function readLines(
  folder: string,
  name: string,
  line: (text: string) => void,
): Promise<ReadLines> {
  const path = join(folder, name);
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true) return { kind: 'missing' };
  const compressed = measuring();
  const lines = digest();
  let rest = '';
  try {
    await pipeline(createReadStream(path), compressed.stream, createGunzip(), async (source) => {
      for await (const chunk of source as AsyncIterable<Buffer>) {
        lines.update(chunk);
        const parts = (rest + chunk.toString('latin1')).split('\n');
        rest = parts.pop() ?? '';
        if (rest.length > MAX_LINE_LENGTH) throw new Error('a line is too long');
        for (const part of parts) line(Buffer.from(part, 'latin1').toString('utf8'));
      }
    });
  } catch {
    return { kind: 'unreadable' };
  }
  if (rest !== '') line(rest);
  return { kind: 'read', ...compressed.read(), linesSha256: lines.digest('base64url') };
}

export interface ManifestFile {
  readonly folder: string;
  readonly file: string;
  readonly text: string;
}

/** Every manifest in these folders. @throws when a folder cannot be read. */
export async function manifestFiles(folders: readonly string[]): Promise<readonly ManifestFile[]> {
  const found = await Promise.all(
    folders.map(async (folder) => {
      const names = (await readdir(folder)).filter((name) => name.endsWith(MANIFEST)).sort();
      return await Promise.all(
        names.map(async (file) => ({ folder, file, text: await readFile(join(folder, file), 'utf8') })),
      );
    }),
  );
  return found.flat();
}
