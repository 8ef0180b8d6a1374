/**
 * What an authorization request leaves out is written in before the library reads it: a request without `scope` asks
 * for the baseline (RFC 6749, section 3.3), and consent, which is always asked here, is named in `prompt`, because the
 * library drops `offline_access` from a request that does not name it (OpenID Connect Core, section 11).
 */
export function withDefaults(search: URLSearchParams, baselineScopes: readonly string[]): URLSearchParams {
  const query = new URLSearchParams(search);
  if ((query.get('scope') ?? '').trim() === '' && baselineScopes.length > 0)
    query.set('scope', baselineScopes.join(' '));
  const prompts =
    query.getAll('prompt').length > 1 ? undefined : (query.get('prompt') ?? '').split(' ').filter(Boolean);
  if (prompts !== undefined && !prompts.includes('none') && !prompts.includes('consent'))
    query.set('prompt', [...prompts, 'consent'].join(' '));
  return query;
}
