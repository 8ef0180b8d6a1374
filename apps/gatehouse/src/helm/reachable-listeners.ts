import { parseDocument, type Document } from 'yaml';
import { Cannot } from '../cannot.js';

/** What probes, Services and scrapers reach. The public listener of the vault is no listener: it has none. */
const LISTENERS = [
  ['listen', 'proxy'],
  ['listen', 'proxy', 'internal'],
  ['listen', 'authorizationServer'],
  ['listen', 'authorizationServer', 'internal'],
  ['listen', 'tokenVault', 'internal'],
] as const;
const EVERYWHERE = ['0.0.0.0', '::'];

/** The text with listeners that a cluster reaches: by default they are on loopback. Whatever else is in it stays, comments included. */
export function reachableListeners(text: string): string {
  const document = parseDocument(text);
  let isChanged = false;
  for (const path of LISTENERS) {
    const host = [...path, 'host'];
    if (EVERYWHERE.includes(hostAt(document, path))) continue;
    write(document, host, '0.0.0.0');
    isChanged = true;
  }
  return isChanged ? document.toString({ lineWidth: 0 }) : text;
}

/** Aliases stand for what they name. */
function hostAt(document: Document, path: readonly string[]): string {
  let here: unknown = document.toJS();
  for (const name of [...path, 'host']) here = (here as Readonly<Record<string, unknown>> | null)?.[name];
  return String(here);
}

/** Through an alias (`*other`) nothing can be written: it would change what it stands for, too. */
function write(document: Document, path: readonly string[], value: string): void {
  try {
    document.setIn(path, value);
  } catch {
    throw new Cannot(
      `${path.slice(0, -1).join('.')} has to be reachable in a cluster, and what is above it is written as an alias or not as a mapping. Write it out with host: ${value}.`,
      'configuration',
    );
  }
}
