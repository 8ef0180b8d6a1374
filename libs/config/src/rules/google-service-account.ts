import type { Finding } from '../findings/problems.js';
import { strategiesOf, type Rule } from './rule.js';

/** An access token has scopes and no audience, an id_token an audience and no scopes; of either kind, one is asked for. */
export const googleServiceAccount: Rule = (model) =>
  strategiesOf(model).flatMap(({ value, path }): readonly Finding[] => {
    if (value.type !== 'googleServiceAccount') return [];
    const block = [...path, 'googleServiceAccount'];
    const { audience, scopes, toolScopes } = value;
    if (audience === undefined)
      return scopes.length > 0
        ? []
        : [
            {
              path: [...block, 'scopes'],
              message: 'Nothing says what the token is for: Google gives none without scopes or an audience.',
              instead: 'scopes of an access token, or the audience of an id_token',
            },
          ];
    const unused = [
      ...(scopes.length > 0 ? ['scopes'] : []),
      ...(toolScopes === undefined ? [] : ['toolScopes']),
    ];
    return unused.map((field) => ({
      path: [...block, field],
      related: [[...block, 'audience']],
      message: `${field} has no effect beside audience: an id_token has none. Write one of the two.`,
    }));
  });
