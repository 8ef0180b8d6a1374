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

/**
 * A request with `prompt=none` (OpenID Connect Core, section 3.1.2.1) where somebody is signed in. Everything else is the library's:
 * without a session it says `login_required`. A frame gets no cookie of ours from another site, and nothing is begun in one.
 * `prompt` gets `consent`, as that of every request does, because the library drops `offline_access` without it.
 */
export async function withSilence(
  provider: Provider,
  urls: IssuerUrls,
  { request, response }: Exchange,
  asked: URLSearchParams,
): Promise<URLSearchParams> {
  const query = new URLSearchParams(asked);
  query.delete(SILENT);
  const [prompt, ...others] = query.getAll('prompt');
  if (prompt !== 'none' || others.length > 0 || !isVisit(request)) return query;
  if (!(await isSignedIn(provider, urls, { request, response }))) return query;
  query.set('prompt', 'consent');
  query.set(SILENT, '1');
  return query;
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
