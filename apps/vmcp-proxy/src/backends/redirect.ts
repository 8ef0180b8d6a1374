import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { BackendResponse } from './backend-response.client.js';

/** More are a circle. */
export const MAX_REDIRECTS = 3;

export type Redirect =
  | { readonly kind: 'followed'; readonly url: URL; readonly target: string }
  /** `target`: where it leads, as it may be shown. */
  | { readonly kind: 'refused'; readonly target: string };

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** The others turn a POST into a GET (RFC 9110 section 15.4), which is no request of MCP. */
const KEEP_METHOD: ReadonlySet<number> = new Set([307, 308]);
const MAX_SHOWN = 200;

/**
 * Where a response sends the request. It carries a credential for one origin: no other one gets it, nor a body that was meant
 * for that origin, so only redirects within it are followed.
 */
export function redirectOf(
  { status, headers }: Pick<BackendResponse, 'status' | 'headers'>,
  from: URL,
): Redirect | undefined {
  if (!REDIRECTS.has(status)) return undefined;
  const url = headers.location === undefined ? null : URL.parse(headers.location, from.href);
  if (url === null) return { kind: 'refused', target: 'nowhere' };
  // Without the query, which may hold anything.
  const target = (/^https?:$/.test(url.protocol) ? url.origin + url.pathname : url.protocol).slice(
    0,
    MAX_SHOWN,
  );
  return KEEP_METHOD.has(status) && url.origin === from.origin
    ? { kind: 'followed', url, target }
    : { kind: 'refused', target };
}

/** Its operator has to write another URL, or mend the backend. */
export const redirects = (backend: string, target: string): GatehouseError =>
  // The log names no path: that is the backend's text.
  new GatehouseError('backend_redirects', `it redirects to ${URL.parse(target)?.origin ?? target}`, {
    details: { backend, target, ran: 'no' },
  });
