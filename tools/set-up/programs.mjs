import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Cannot } from './say.mjs';

/** Where package managers put programs, even if PATH does not say so. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin'];

/** @returns the path of a program on this machine; `undefined` when there is none. */
export function find(program) {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS]) {
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here.
    }
  }
  return undefined;
}

/**
 * @param {string} program
 * @param {string} what it belongs to, as people call it
 * @throws {Cannot} when there is none
 */
export function mustFind(program, what) {
  const path = find(program);
  if (path === undefined) throw new Cannot(`there is no ${what} here (no program "${program}")`);
  return path;
}
