import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './repository.mjs';
import { mustRun, run } from './run.mjs';
import { Cannot, step } from './say.mjs';

const NPM = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const PINNED_NODE = join(REPOSITORY, 'node_modules/.bin/node');
/** What the services are written for; a Node of this line or newer stands in for the pinned one. */
const SERVICE_NODE_MAJOR = 24;

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** Whether node_modules holds what package-lock.json asks for, by content: dates say nothing after a checkout. */
function isInstalled(repository = REPOSITORY) {
  const hidden = join(repository, 'node_modules/.package-lock.json');
  if (!existsSync(hidden)) return false;
  const wanted = readJson(join(repository, 'package-lock.json')).packages;
  const installed = readJson(hidden).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || entry.optional || entry.devOptional || entry.peer) return true;
    // The list may outlive what it lists: `git clean` takes the folders inside the workspaces.
    return installed[path]?.version === entry.version && existsSync(join(repository, path));
  });
}

export async function ensureDependencies() {
  if (!isInstalled())
    await step('Installing dependencies (npm ci)', () =>
      mustRun(NPM, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
        env: { npm_config_update_notifier: 'false' },
      }),
    );
}

/** The Node that everything after the set-up runs on. */
export async function pinnedNode() {
  if (await works(PINNED_NODE)) return PINNED_NODE;
  // Where install scripts are off, the package came without its program.
  await run(NPM, ['rebuild', 'node', '--ignore-scripts=false'], {});
  if (await works(PINNED_NODE)) return PINNED_NODE;
  if (Number(process.versions.node.split('.')[0]) >= SERVICE_NODE_MAJOR) return process.execPath;
  throw new Cannot(
    `The npm package "node" did not bring a program for ${process.platform}-${process.arch}.\n` +
      `Install Node.js ${SERVICE_NODE_MAJOR} or newer and run the command again with it.`,
  );
}

const works = async (node) => existsSync(node) && (await run(node, ['--version'])).code === 0;
