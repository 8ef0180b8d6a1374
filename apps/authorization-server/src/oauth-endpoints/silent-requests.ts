import { decodeJwt, UnsecuredJWT } from 'jose';
import type { Provider } from 'oidc-provider';
import type { Exchange } from '../http/exchange.js';
import type { IssuerUrls } from '../http/issuer-urls.js';
import { isVisit } from '../http/visit.js';
import { asSeenByProvider } from './node-exchange.js';

/**
 * Marks a request with `prompt=none` on its way through the library, which knows two kinds only: those that are asked, and those that
 * are answered at once. Ours goes the way of every sign-in, and comes back where something would be asked. No client can set it.
 */
export const SILENT = 'gatehouse_silent';

/** RFC 9126, section 2.2, as the library makes them. */
const PUSHED = 'urn:ietf:params:oauth:request_uri:';

/**
 * A request with `prompt=none` (OpenID Connect Core, section 3.1.2.1) where somebody is signed in. Everything else is the library's:
 * without a session it says `login_required`. A frame gets no cookie of ours from another site, and nothing is begun in one.
 * `prompt` gets `consent`, as that of every request does, because the library drops `offline_access` without it.
 * What was pushed is not in the query: then the mark says only that it may be silent, and `readPushed` looks.
 */
export async function withSilence(
  provider: Provider,
  urls: IssuerUrls,
  { request, response }: Exchange,
  asked: URLSearchParams,
): Promise<URLSearchParams> {
  const query = withoutMark(asked);
  const [prompt, ...others] = query.getAll('prompt');
  const [pushed, ...more] = query.getAll('request_uri');
  const isPushed = pushed?.startsWith(PUSHED) === true && more.length === 0;
  const mayBeSilent = isPushed || (prompt === 'none' && others.length === 0);
  if (!mayBeSilent || !isVisit(request)) return query;
  if (!(await isSignedIn(provider, urls, { request, response }))) return query;
  query.set(SILENT, '1');
  if (!isPushed) query.set('prompt', 'consent');
  return query;
}

export function withoutMark(asked: URLSearchParams): URLSearchParams {
  const without = new URLSearchParams(asked);
  without.delete(SILENT);
  return without;
}

/**
 * A form that is pushed with `prompt=none` is kept with the mark in its place: the library drops `offline_access` from what it keeps
 * without `consent`.
 */
export function asPushed(form: URLSearchParams): URLSearchParams {
  const kept = withoutMark(form);
  const [prompt, ...others] = kept.getAll('prompt');
  if (prompt !== 'none' || others.length > 0) return kept;
  kept.set('prompt', 'consent');
  kept.set(SILENT, '1');
  return kept;
}

/**
 * A pushed request, as the library is to see it now. It was verified when it was pushed, and is not verified again.
 * @param request a JWT: that of a client, or the library's own of a form
 * @param maybe whether the request that names it may be silent (`withSilence`)
 */
export function readPushed(request: string, maybe: boolean): string {
  const claims = decodeJwt(request);
  const isMarked = claims[SILENT] !== undefined;
  if (maybe ? isMarked || claims['prompt'] !== 'none' : !isMarked) return request;
  const now = maybe ? { prompt: 'consent', [SILENT]: '1' } : { prompt: 'none', [SILENT]: undefined };
  return new UnsecuredJWT({ ...claims, ...now }).encode();
}

async function isSignedIn(
  provider: Provider,
  urls: IssuerUrls,
  { request, response }: Exchange,
): Promise<boolean> {
  const context = provider.createContext(asSeenByProvider(request, urls, { route: '/' }), response);
  try {
    return (await provider.Session.get(context)).accountId !== undefined;
  } catch {
    // The library finds out as well, and says so in its answer.
    return false;
  }
}
