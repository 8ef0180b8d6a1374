export interface ClientScopeRules {
  readonly scopesSupported: readonly string[];
  readonly baselineClientScopes: readonly string[];
  /** What the gateway asks of every token. */
  readonly requiredScopes: readonly string[];
}

/**
 * What a client may ask for that named these scopes when it registered. What every client may ask for is added by the rules of
 * today: a client must not end with a change of them.
 * @returns `undefined` when it named none that counts here: it may ask for each scope that there is.
 */
export function allowedScopes(
  named: readonly string[],
  { scopesSupported, baselineClientScopes, requiredScopes }: ClientScopeRules,
): readonly string[] | undefined {
  const known = named.filter((one) => scopesSupported.includes(one));
  return known.length === 0
    ? undefined
    : [...new Set([...known, ...baselineClientScopes, ...requiredScopes])];
}
