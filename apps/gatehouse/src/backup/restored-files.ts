import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Cannot } from '../cannot.js';
import { makeFolder } from '../make-folder.js';
import { plainReason } from '../reason.js';
import type { OpenedBackup } from './opened-backup.js';

/** Writes the files of a backup that are not there. What is there stays as it is. */
export async function writeMissingFiles(
  { manifest, readFile }: OpenedBackup,
  config: string | undefined,
): Promise<{ readonly remove: () => void }> {
  const written: string[] = [];
  const remove = (): void => {
    for (const path of written) rmSync(path, { force: true });
  };
  if (config === undefined) return { remove };
  const target = resolve(config);
  try {
    for (const [index, file] of manifest.files.entries()) {
      // The first is the configuration, which may have another name here.
      const path = index === 0 ? target : join(dirname(target), file.path);
      if (existsSync(path)) continue;
      makeFolder(dirname(path), 0o700);
      writeFileSync(path, await readFile(file), { mode: 0o600, flag: 'wx' });
      written.push(path);
    }
    return { remove };
  } catch (error) {
    remove();
    if (error instanceof Cannot) throw error;
    throw new Cannot(
      `${basename(target)} and its files cannot be written to ${dirname(target)}: ${plainReason(error)}. Name another place: --config <file>`,
      'noOutput',
    );
  }
}
