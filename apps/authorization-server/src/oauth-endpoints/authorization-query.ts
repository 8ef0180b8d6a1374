/**
 * Fills in what an authorization request leaves out, before the library reads it. A request without `scope` asks for the
 * baseline (RFC 6749, section 3.3). `prompt` gets `consent`, which is always asked here, because the library drops
 * `offline_access` from a request without it (OpenID Connect Core, section 11).
 */
export function withDefaults(search: URLSearchParams, baselineScopes: readonly string[]): URLSearchParams {
  const query = new URLSearchParams(search);
  const [scopes, prompts] = [wordsOf(query, 'scope'), wordsOf(query, 'prompt')];
  if (scopes?.length === 0 && baselineScopes.length > 0) query.set('scope', baselineScopes.join(' '));
  if (prompts?.includes('none') === false && !prompts.includes('consent'))
    query.set('prompt', [...prompts, 'consent'].join(' '));
  return query;
}

/** A mode that the library does not know. It refuses it with the right error, and tells the client in the query. */
const NO_SUCH_MODE = 'unsupported';

/**
 * A code goes back in the query only, and the library has no setting for that. Its `form_post` would be a page without our
 * headers, also for errors of the request, and no client asks for `fragment` with a code.
 */
export function inQueryOnly(search: URLSearchParams): URLSearchParams {
  const query = new URLSearchParams(search);
  const modes = wordsOf(query, 'response_mode');
  if (modes !== undefined && modes.length > 0 && modes.join(' ') !== 'query')
    query.set('response_mode', NO_SUCH_MODE);
  return query;
}

/** @returns `undefined` for a parameter that comes twice. The library refuses it, so it is passed on unchanged. */
const wordsOf = (query: URLSearchParams, name: string): readonly string[] | undefined =>
  query.getAll(name).length > 1 ? undefined : (query.get(name) ?? '').split(' ').filter(Boolean);
