import { existsSync, mkdirSync, statSync } from 'node:fs';
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
