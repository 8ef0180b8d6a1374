import {
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Cannot } from '../cannot.js';
import { makeFolder } from '../make-folder.js';
import type { Output } from '../output.js';
import { plainReason } from '../reason.js';
import { CLIENT_NAMES, clientFile, type ClientFile, type ClientName, type Scope } from './client-files.js';
import { withEntry } from './entries.js';

export interface AddClientOptions {
  readonly client: string;
  readonly scope: Scope;
  readonly name: string;
  readonly url: string;
  readonly print: boolean;
  readonly remove: boolean;
  readonly json: boolean;
}

/** Writes the gateway into a client's own file, or takes it out; what else is in the file stays. */
export function addClient(options: AddClientOptions, output: Output): number {
  const file = fileOf(options);
  const { name, url, print, remove, json } = options;
  if (!/^[a-z0-9][a-z0-9_-]{0,40}$/i.test(name))
    throw new Cannot(
      `A name has letters, digits and hyphens: gatehouse client add ${options.client} --name gatehouse`,
      'usage',
    );
  if (!/^https?:/.test(URL.parse(url)?.href ?? ''))
    throw new Cannot(
      `${url} is no URL of a gateway: gatehouse client add ${options.client} --url https://gatehouse.example.com/mcp`,
      'usage',
    );
  if (print) {
    // The entry alone: what else the file holds may be somebody's tokens.
    output.line(withEntry(file, '', name, url).trimEnd());
    return 0;
  }
  const before = readText(file.path);
  const after = withEntry(file, before, name, remove ? undefined : url);
  if (after !== before && !(remove && before === '')) write(file.path, after);
  const next = file.next.replace('gatehouse', name);
  if (json) {
    const done = remove ? { removed: true } : { url, next };
    output.json({ client: options.client, file: file.path, name, ...done });
    return 0;
  }
  output.line(
    remove
      ? `${file.path} has no ${name} any more.`
      : `${file.path} has ${name} at ${url}.\nSign in: ${next}`,
  );
  return 0;
}

function fileOf({ client, scope }: AddClientOptions): ClientFile {
  if (!isClient(client))
    throw new Cannot(
      `There is no client ${client} here. Choose one of ${CLIENT_NAMES.join(', ')}: gatehouse client add claude`,
      'usage',
    );
  const file = clientFile(client, scope);
  if (file === undefined)
    throw new Cannot(
      `Where ${client} keeps a person's own servers differs. Take the project: gatehouse client add ${client} --scope project`,
      'usage',
    );
  return file;
}

const isClient = (name: string): name is ClientName => (CLIENT_NAMES as readonly string[]).includes(name);

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new Cannot(
      `${path} cannot be read: ${plainReason(error)}. See what belongs in it: gatehouse client add … --print`,
      'noInput',
    );
  }
}

/** Whole or not at all, with the rights that the file had: the client may read it at any moment. */
function write(written: string, text: string): void {
  const path = targetOf(written);
  const draft = `${path}.gatehouse-${process.pid}`;
  try {
    makeFolder(dirname(path));
    writeFileSync(draft, text, { mode: modeOf(path), flag: 'wx' });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new Cannot(
      `${path} cannot be written: ${plainReason(error)}. Copy it there: gatehouse client add … --print`,
      'noOutput',
    );
  }
}

/** What a symbolic link leads to: people keep such files elsewhere, and the link is to stay. */
function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // Nothing is there yet, or nothing where the link leads.
  }
  try {
    return resolve(dirname(path), readlinkSync(path));
  } catch {
    return path;
  }
}

function modeOf(path: string): number {
  try {
    return statSync(path).mode & 0o777;
  } catch {
    return 0o600;
  }
}
