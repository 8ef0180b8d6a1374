/**
 * What an authorization request leaves out is written in before the library reads it: a request without `scope` asks
 * for the baseline (RFC 6749, section 3.3), and consent, which is always asked here, is named in `prompt`, because the
 * library drops `offline_access` from a request that does not name it (OpenID Connect Core, section 11).
 */
export function withDefaults(search: URLSearchParams, baselineScopes: readonly string[]): URLSearchParams {
  const query = new URLSearchParams(search);
  const [scopes, prompts] = [wordsOf(query, 'scope'), wordsOf(query, 'prompt')];
  if (scopes?.length === 0 && baselineScopes.length > 0) query.set('scope', baselineScopes.join(' '));
  if (prompts?.includes('none') === false && !prompts.includes('consent'))
    query.set('prompt', [...prompts, 'consent'].join(' '));
  return query;
}

/** Not one of the library's: it refuses it by the right name, and tells the client in the query. */
const NO_SUCH_MODE = 'unsupported';

/**
 * A code goes back in the query and in no other way. The library cannot be told so: its `form_post` would be a page
 * without our headers, for errors of the request as well, and nobody asks for `fragment` with a code.
 */
export function inQueryOnly(search: URLSearchParams): URLSearchParams {
  const query = new URLSearchParams(search);
  const modes = wordsOf(query, 'response_mode');
  if (modes !== undefined && modes.length > 0 && modes.join(' ') !== 'query')
    query.set('response_mode', NO_SUCH_MODE);
  return query;
}

/** @returns `undefined` for a parameter that comes twice: the library refuses it, and shall see it as it came. */
const wordsOf = (query: URLSearchParams, name: string): readonly string[] | undefined =>
  query.getAll(name).length > 1 ? undefined : (query.get(name) ?? '').split(' ').filter(Boolean);
