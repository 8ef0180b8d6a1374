import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Another release, in a folder of its own and compiled: `npm run two-releases` makes it. */
export class Release {
  constructor(readonly folder: string) {}

  /** The release before this one, where it was made. */
  static before(): Release | undefined {
    const folder = process.env['GATEHOUSE_RELEASE_BEFORE'];
    return folder === undefined ? undefined : new Release(folder);
  }

  /** Runs its `gatehouse`. @returns what it prints. @throws when it fails, with that */
  async gatehouse(...args: readonly string[]): Promise<string> {
    const { PATH = '', HOME = '/tmp' } = process.env;
    const program = join(this.folder, 'apps/gatehouse/dist/main.js');
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], {
      env: { PATH, HOME },
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
  }
}
