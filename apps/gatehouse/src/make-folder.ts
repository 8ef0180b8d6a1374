import { existsSync, mkdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Folder by folder: Node's own `recursive` tries for ever where a folder is there and nothing can be made in it (`/proc`). */
export function makeFolder(folder: string, mode = 0o777): void {
  if (existsSync(folder) && statSync(folder).isDirectory()) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    // Another start was faster.
    if (!existsSync(folder) || !statSync(folder).isDirectory()) throw error;
  }
}

/** @returns what takes the folders on the way to each path away again that are not there yet, as far as they are empty then */
export function emptyFoldersOf(paths: readonly string[]): () => void {
  const absent = new Set<string>();
  for (const path of paths)
    for (let folder = path; !existsSync(folder) && dirname(folder) !== folder; folder = dirname(folder))
      absent.add(folder);
  const deepestFirst = [...absent].sort((left, right) => right.length - left.length);
  return () => {
    for (const folder of deepestFirst)
      try {
        rmdirSync(folder);
      } catch {
        // It was never made, or somebody has put something there.
      }
  };
}
