import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { REPOSITORY } from '../set-up/repository.mjs';

/** A page as it is committed: as prettier writes it. */
export async function pageText({ path, text }, sources) {
  const file = join(REPOSITORY, path);
  return await format(await text(sources), { ...(await resolveConfig(file)), filepath: file });
}

/** @returns what is wrong with the committed page, if anything. */
export const outOfDate = (path, wanted, committed) =>
  wanted === committed
    ? undefined
    : `${path} is ${committed === '' ? 'not there' : 'out of date'}. Build, then run: node tools/generate-reference.mjs`;

export const committedText = async (path) => await readFile(join(REPOSITORY, path), 'utf8').catch(() => '');
