import type { IncomingMessage } from 'node:http';

const LOOKING_AHEAD = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'];

/**
 * Whether a person's browser goes to this address. Scanners of links ask with `HEAD`; browsers say that they look ahead
 * (`Sec-Purpose`, formerly `Purpose`), and that something is no navigation of a whole window (`Sec-Fetch-Mode`,
 * `Sec-Fetch-Dest`). Where nothing is said, the browser is too old to say it.
 */
export function isVisit({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): boolean {
  if (method === 'HEAD') return false;
  if (LOOKING_AHEAD.some((name) => /prefetch|prerender|preview/i.test(String(headers[name] ?? ''))))
    return false;
  const mode = headers['sec-fetch-mode'];
  const destination = headers['sec-fetch-dest'];
  // Programs that are no browsers say `cors` of every request, and name no destination. Browsers name both.
  const isNavigation = mode === undefined || mode === 'navigate' || (mode === 'cors' && !destination);
  return isNavigation && (destination === undefined || destination === 'document');
}
