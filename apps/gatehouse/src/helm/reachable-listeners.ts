import { parseDocument } from 'yaml';

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
    if (EVERYWHERE.includes(String(document.getIn(host)))) continue;
    document.setIn(host, '0.0.0.0');
    isChanged = true;
  }
  return isChanged ? document.toString({ lineWidth: 0 }) : text;
}
