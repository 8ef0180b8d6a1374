import type { IncomingMessage } from 'node:http';
import { isLoopbackAddress } from '@gatehouse/config/urls/hosts';
import type { AdministrationListener } from '@gatehouse/config/model/administration';
import { operationsAt, type Found } from './operations.js';

/** JSON of a few hundred bytes. */
const MAX_BODY_BYTES = 16_384;

/** What is refused before anybody asks who it is. */
export type Misdirected =
  { readonly kind: 'host' } | { readonly kind: 'browser' } | { readonly kind: 'body' };

/** Headers that browsers alone send: `Origin`, and those of the Fetch standard. */
const OF_BROWSERS = ['origin', 'sec-fetch-site', 'sec-fetch-mode', 'sec-fetch-dest'] as const;

/** The names by which this listener is called: that of its URL, and on this machine its own address. */
export function hostsOf({ url, host, port }: AdministrationListener): ReadonlySet<string> {
  const own = isLoopbackAddress(host)
    ? ['localhost', '127.0.0.1', '[::1]'].map((name) => `${name}:${port}`)
    : [];
  return new Set([new URL(url).host, ...own]);
}

/**
 * A page of another site reaches this listener under a name of its own (DNS rebinding), or by a person's browser. Programs of
 * administrators are no browsers, so that a browser is never let through, whatever it brings.
 */
export function misdirected(
  { headers, method }: Pick<IncomingMessage, 'headers' | 'method'>,
  hosts: ReadonlySet<string>,
  takesBody: boolean,
): Misdirected | undefined {
  if (!hosts.has((headers.host ?? '').toLowerCase())) return { kind: 'host' };
  if (method === 'OPTIONS' || OF_BROWSERS.some((name) => headers[name] !== undefined))
    return { kind: 'browser' };
  const length = Number(headers['content-length'] ?? 0);
  if (headers['transfer-encoding'] !== undefined || !(length <= (takesBody ? MAX_BODY_BYTES : 0)))
    return { kind: 'body' };
  return undefined;
}

export type Asked =
  | { readonly kind: 'document' }
  | { readonly kind: 'metadata' }
  | { readonly kind: 'operation'; readonly found: Found; readonly given: Readonly<Record<string, unknown>> }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'method'; readonly allow: string }
  | { readonly kind: 'malformed' };

/** RFC 9728, section 3.1. */
export const METADATA_PATH = '/.well-known/oauth-protected-resource';
const DOCUMENT_PATH = '/openapi.json';

/** Which operation a request is for; its parameters are not looked at yet. */
export function asked(method: string, target: string): Asked {
  const [path = '', ...rest] = target.split('?');
  if (path === METADATA_PATH || path === DOCUMENT_PATH) {
    if (method !== 'GET') return { kind: 'method', allow: 'GET' };
    return { kind: path === METADATA_PATH ? 'metadata' : 'document' };
  }
  const there = operationsAt(path);
  if (there.length === 0) return { kind: 'nothing' };
  const found = there.find(({ operation }) => operation.method === method);
  if (found === undefined)
    return { kind: 'method', allow: there.map(({ operation }) => operation.method).join(', ') };
  const query = [...new URLSearchParams(rest.join('?'))];
  const names = [...Object.keys(found.named), ...query.map(([name]) => name)];
  // A parameter that comes twice, or once in the path and once behind it, could mean either.
  if (new Set(names).size < names.length) return { kind: 'malformed' };
  return { kind: 'operation', found, given: { ...Object.fromEntries(query), ...found.named } };
}
