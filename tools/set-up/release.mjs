import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './repository.mjs';
import { mustRun, run } from './run.mjs';
import { Cannot, step } from './say.mjs';

const FOLDER = join(REPOSITORY, '.gatehouse/releases');
/** What a checkout of any release does with itself before it runs. */
const SET_UP =
  "const node = await (await import('./tools/set-up/set-up.mjs')).setUp(); await (await import('./tools/set-up/build.mjs')).ensureBuild(node);";

/**
 * Another release as its commit has it: its sources out of the history, its own packages, compiled by itself. Once for each commit.
 * @param {string} commit
 * @returns {Promise<string>} its folder
 * @throws {Cannot} where the history does not have it
 */
export async function ensureRelease(commit) {
  const { code, output } = await run('git', ['rev-parse', '--verify', '--quiet', `${commit}^{commit}`]);
  if (code !== 0)
    throw new Cannot(
      `The history here does not have ${commit}. A clone that is not shallow has it: \`git fetch --unshallow\`.`,
    );
  const folder = join(FOLDER, output.trim());
  const marker = join(folder, '.gatehouse/compiled');
  if (existsSync(marker)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const archive = join(folder, 'release.tar');
  await mustRun('git', ['archive', '--format=tar', `--output=${archive}`, output.trim()]);
  await mustRun('tar', ['-xf', archive, '-C', folder]);
  rmSync(archive);
  await step(`Making the release of ${output.slice(0, 8)}`, () =>
    mustRun(process.execPath, ['--input-type=module', '-e', SET_UP], { cwd: folder }),
  );
  writeFileSync(marker, '');
  return folder;
}
