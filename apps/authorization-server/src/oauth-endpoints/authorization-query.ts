import { ADMINISTRATION_SCOPE } from '@gatehouse/config/model/administration';

export interface ScopeRules {
  readonly scopesSupported: readonly string[];
  readonly baselineClientScopes: readonly string[];
}

/**
 * Fills in what an authorization request leaves out, before the library reads it. A request without a scope that counts here
 * asks for the baseline (RFC 6749, section 3.3). `prompt` gets `consent`, which is always asked here, because the library drops
 * `offline_access` from a request without it (OpenID Connect Core, section 11).
 * @param registered scopes of the client; `undefined` when it named none
 */
export function withDefaults(
  search: URLSearchParams,
  rules: ScopeRules,
  registered: readonly string[] | undefined,
): URLSearchParams {
  const query = new URLSearchParams(search);
  const [scopes, prompts] = [wordsOf(query, 'scope'), wordsOf(query, 'prompt')];
  if (scopes !== undefined) {
    const granted =
      [
        countingOf(scopes, rules, registered),
        // Limits of a client may leave these out.
        countingOf([...rules.baselineClientScopes, ADMINISTRATION_SCOPE], rules, registered),
        registered ?? [],
      ].find((some) => some.length > 0) ?? [];
    if (granted.length > 0) query.set('scope', granted.join(' '));
    else query.delete('scope');
  }
  if (prompts?.includes('none') === false && !prompts.includes('consent'))
    query.set('prompt', [...prompts, 'consent'].join(' '));
  return query;
}

/**
 * A refresh may name fewer scopes than were granted (RFC 6749, section 6). One that was ignored when it was asked for, because
 * this server or the client's registration does not know it, is ignored here as well, and does not cost its client the refresh.
 * @param registered scopes of the client; `undefined` when it named none
 */
export function withKnownScopes(
  form: URLSearchParams,
  rules: Pick<ScopeRules, 'scopesSupported'>,
  registered: readonly string[] | undefined,
): URLSearchParams {
  const asked = form.get('grant_type') === 'refresh_token' ? wordsOf(form, 'scope') : undefined;
  if (asked === undefined) return form;
  const known = countingOf(asked, rules, registered);
  if (known.length === asked.length) return form;
  const narrowed = new URLSearchParams(form);
  if (known.length > 0) narrowed.set('scope', known.join(' '));
  else narrowed.delete('scope');
  return narrowed;
}

const countingOf = (
  scopes: readonly string[],
  { scopesSupported }: Pick<ScopeRules, 'scopesSupported'>,
  registered: readonly string[] | undefined,
): readonly string[] =>
  scopes.filter((scope) =>
    registered === undefined
      ? scopesSupported.includes(scope)
      : registered.includes(scope) && (scopesSupported.includes(scope) || scope === ADMINISTRATION_SCOPE),
  );

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
