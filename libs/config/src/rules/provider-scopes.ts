import { providersOf, type Rule } from './rule.js';

/** OpenID Connect Core section 3.1.2.1: without `openid` there is no id_token, and no way to know the person. */
export const providerScopes: Rule = (model) =>
  providersOf(model).flatMap(({ value, block }) =>
    value.protocol.type === 'oidc' && !value.scopes.includes('openid')
      ? [
          {
            path: [...block, 'scopes'],
            related: value.scopes.map((_, index) => [...block, 'scopes', index]),
            message: 'A provider of type oidc needs the scope openid.',
            instead: `[${['openid', ...value.scopes].join(', ')}]`,
          },
        ]
      : [],
  );
