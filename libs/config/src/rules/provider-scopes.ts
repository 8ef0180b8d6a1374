import { providersOf, type Rule } from './rule.js';

/** OpenID Connect Core section 3.1.2.1: without `openid` there is no id_token, and no way to know the person. */
export const providerScopes: Rule = (model) =>
  providersOf(model).flatMap(({ value, block }) =>
    value.protocol.type === 'oidc' && !value.scopes.includes('openid')
      ? [
          {
            path: [...block, 'scopes'],
            related: value.scopes.map((_, index) => [...block, 'scopes', index]),
            ...(apart(value.scopes).includes('openid')
              ? {
                  message: 'Several scopes are in one text here: a list has an item for each.',
                  instead: `[${apart(value.scopes).join(', ')}]`,
                }
              : {
                  message: 'A provider of type oidc needs the scope openid.',
                  instead: `[${['openid', ...value.scopes].join(', ')}]`,
                }),
          },
        ]
      : [],
  );

/** A comma may be in a scope (RFC 6749 section 3.3); with `openid` beside it, it is none. */
const apart = (scopes: readonly string[]): readonly string[] =>
  scopes.flatMap((scope) => scope.split(',')).filter((scope) => scope !== '');
