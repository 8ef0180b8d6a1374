import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { REPOSITORY } from '../set-up/repository.mjs';

const SKIPPED = new Set([
  'node_modules',
  'dist',
  'generated',
  '.git',
  '.nx',
  '.gatehouse',
  'coverage',
  'test-results',
]);

/** Every file below some folders of the repository whose name ends so, as paths from its top. */
export function filesBelow(folders, ending) {
  return folders
    .flatMap((folder) => [...walk(join(REPOSITORY, folder))])
    .filter((path) => path.endsWith(ending));
}

function* walk(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!SKIPPED.has(entry.name)) yield* walk(path);
    } else yield relative(REPOSITORY, path);
  }
}
