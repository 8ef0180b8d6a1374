/** One server in the text of a client's file: everything else in it stays as it is. */
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'smol-toml';
import { Cannot } from '../cannot.js';
import type { ClientFile } from './client-files.js';

/**
 * @param text what the file has; empty where there is none
 * @param url absent: the entry is taken out
 */
export function withEntry(file: ClientFile, text: string, name: string, url: string | undefined): string {
  return file.format === 'json' ? inJson(file, text, name, url) : inToml(file, text, name, url);
}

function inJson(file: ClientFile, text: string, name: string, url: string | undefined): string {
  const whole = parsed(file, text);
  const section = objectIn(file, whole[file.section] ?? {});
  const others = Object.fromEntries(Object.entries(section).filter(([one]) => one !== name));
  // One that is there keeps its place.
  const servers = url === undefined ? others : { ...section, [name]: file.entry(url) };
  const indent = /^([ \t]+)"/m.exec(text)?.[1] ?? '  ';
  return `${JSON.stringify({ ...whole, [file.section]: servers }, undefined, indent)}\n`;
}

function parsed(file: ClientFile, text: string): Readonly<Record<string, unknown>> {
  if (text.trim() === '') return {};
  try {
    return objectIn(file, JSON.parse(text));
  } catch (error) {
    if (error instanceof Cannot) throw error;
    // Comments would be lost in a file that is written anew.
    throw notUnderstood(file);
  }
}

function objectIn(file: ClientFile, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw notUnderstood(file);
}

const notUnderstood = ({ path, title, format }: ClientFile): Cannot =>
  new Cannot(
    `${path} of ${title} is not plain ${format.toUpperCase()}, or has the servers in a form of its own, and stays as it is. See what belongs in it: gatehouse client add … --print`,
    'noInput',
  );

/**
 * The table of that name is replaced whole, with the tables below it; nothing else is touched. Lines are no grammar: a text that says
 * something else afterwards than it should (a table written as `a = { … }`, a header inside of a long string) stays as it is.
 */
function inToml(file: ClientFile, text: string, name: string, url: string | undefined): string {
  const entry = url === undefined ? undefined : file.entry(url);
  const changed = withTable(text, `${file.section}.${name}`, entry);
  const wanted = withServer(toml(file, text), file.section, name, entry);
  const said = withServer(toml(file, changed), file.section, '', undefined);
  if (!isDeepStrictEqual(said, wanted)) throw notUnderstood(file);
  return changed;
}

type Table = Readonly<Record<string, unknown>>;

function toml(file: ClientFile, text: string): Table {
  try {
    // Plain objects: the parser makes some without a prototype.
    return JSON.parse(JSON.stringify(parse(text))) as Table;
  } catch {
    throw notUnderstood(file);
  }
}

/** What the file has to say afterwards. A section that would be empty is none. */
function withServer(whole: Table, section: string, name: string, entry: Table | undefined): Table {
  const { [section]: before = {}, ...others } = whole;
  const servers = Object.entries(before as Table).filter(([one]) => one !== name);
  const after = Object.fromEntries(entry === undefined ? servers : [...servers, [name, entry]]);
  return Object.keys(after).length === 0 ? others : { ...others, [section]: after };
}

function withTable(
  text: string,
  header: string,
  entry: Readonly<Record<string, string>> | undefined,
): string {
  const kept: string[] = [];
  let isOurs = false;
  for (const line of text.split('\n')) {
    const table = /^\s*\[\[?\s*([^\]]+?)\s*\]\]?/.exec(line)?.[1]?.replaceAll(/["'\s]/g, '');
    if (table !== undefined) isOurs = table === header || table.startsWith(`${header}.`);
    if (!isOurs) kept.push(line);
  }
  const rest = kept.join('\n').trimEnd();
  if (entry === undefined) return rest === '' ? '' : `${rest}\n`;
  const lines = [
    `[${header}]`,
    ...Object.entries(entry).map(([field, value]) => `${field} = ${JSON.stringify(value)}`),
  ];
  return `${rest === '' ? '' : `${rest}\n\n`}${lines.join('\n')}\n`;
}
