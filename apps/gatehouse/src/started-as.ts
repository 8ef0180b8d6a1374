import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

interface Started {
  /** Top of the checkout, or of the package of npm. */
  readonly root: string;
  /** Whether it is a package. */
  readonly isPackage: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** How a person has started this program, to be typed again. */
interface StartedAs {
  /** In the folder where it was typed. */
  readonly here: string;
  /** In any other folder. */
  readonly anywhere: string;
}

/** Where npm keeps what it was asked to run once; it is on the PATH of that one command alone. */
const NPX_FOLDER = /^(.*[\\/]_npx[\\/][0-9a-f]+)[\\/]node_modules[\\/]/;

/** A checkout is no place on PATH, and neither is what npm fetched for one command. */
export function startedAs({ root, isPackage, environment }: Started): StartedAs {
  const spec = isPackage ? specOf(root) : undefined;
  if (spec !== undefined) {
    const isFile = existsSync(spec);
    return { here: `npx ${word(spec)}`, anywhere: `npx ${word(isFile ? resolve(spec) : spec)}` };
  }
  // `npx gatehouse` of a package in node_modules.
  const program = isPackage && environment['npm_command'] !== 'exec' ? 'gatehouse' : 'npx gatehouse';
  return { here: program, anywhere: program };
}

/** `./gatehouse-1.2.3.tgz` of `npx ./gatehouse-1.2.3.tgz up`. */
function specOf(root: string): string | undefined {
  const [, folder] = NPX_FOLDER.exec(join(root, 'x')) ?? [];
  if (folder === undefined) return undefined;
  try {
    // What npm writes there of what was typed.
    const written: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const packages = member(member(written, '_npx'), 'packages');
    const [first] = Array.isArray(packages) ? (packages as readonly unknown[]) : [];
    return typeof first === 'string' && first !== '' ? first : undefined;
  } catch {
    return undefined;
  }
}

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/** One word for a shell. */
const word = (text: string): string =>
  /^[\w./:@+~-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** Texts name commands as `gatehouse validate`; said as they have to be typed. @param commands that there are */
export function asTyped(text: string, program: string, commands: readonly string[]): string {
  const named = new RegExp(`(?<![\\w./@-]|npx )gatehouse (?=(?:${commands.join('|')})\\b)`, 'g');
  return text.replaceAll(named, () => `${program} `);
}
