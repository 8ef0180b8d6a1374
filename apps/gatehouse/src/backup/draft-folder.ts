import { randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
} from 'node:fs';
import { constants } from 'node:os';
import { dirname, resolve } from 'node:path';
import { Cannot } from '../cannot.js';
import { makeFolder } from '../make-folder.js';
import type { Terminal } from '../terminal.js';

/** What ends a command, and how it ends itself. */
export type Ending = Pick<Terminal, 'on' | 'exit'>;

/** @returns the path of a folder that is not there, or is empty */
export function emptyFolder(written: string): string {
  const folder = resolve(written);
  const there = entryAt(folder);
  if (there === undefined) return folder;
  // A folder can be put in the place of an empty one, and not in the place of a link to one.
  if (there.isSymbolicLink())
    throw new Cannot(
      `${folder} is a symbolic link, and a backup is a folder of its own. Name a new folder: gatehouse backup ${written}-2 …`,
      'noOutput',
    );
  if (!there.isDirectory() || readdirSync(folder).length > 0)
    throw new Cannot(
      `${folder} is there already. Name a new folder: gatehouse backup ${written}-2 …`,
      'noOutput',
    );
  return folder;
}

function entryAt(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    // What is in its way is said when it is made.
    return undefined;
  }
}

/** Where a backup is written until it is whole. */
export class DraftFolder {
  /** Nobody else can have made it, and nothing that is there is taken for it. */
  readonly path: string;

  constructor(private readonly folder: string) {
    this.path = `${folder}.partial-${randomBytes(6).toString('hex')}`;
  }

  /** Whoever stops the command meanwhile finds nothing half. */
  make(ending: Ending | undefined): void {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      ending?.on(signal, () => {
        this.remove();
        ending.exit?.(128 + constants.signals[signal]);
      });
    makeFolder(dirname(this.path));
    mkdirSync(this.path, { mode: 0o700 });
  }

  /** An empty folder goes. One in which somebody has put something meanwhile stays, and the backup fails. */
  takeItsPlace(): void {
    if (existsSync(this.folder)) rmdirSync(this.folder);
    renameSync(this.path, this.folder);
  }

  /** Again where a file came into it meanwhile. */
  remove(): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 3 });
  }
}
