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

/** @returns `undefined` for a parameter that comes twice: the library refuses it, and shall see it as it came. */
const wordsOf = (query: URLSearchParams, name: string): readonly string[] | undefined =>
  query.getAll(name).length > 1 ? undefined : (query.get(name) ?? '').split(' ').filter(Boolean);
