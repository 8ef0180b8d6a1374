import { namedProvider } from '../model/token-subject.js';
import { strategiesOf, type Rule } from './rule.js';

/** V-01: a provider's token exists only where the embedded authorization server walked the user through that provider. */
export const authServerForProviders: Rule = (model) => {
  if (model.authServer !== undefined) return [];
  return strategiesOf(model).flatMap(({ value, path }) => {
    if (value.type === 'upstreamInject')
      return [
        {
          path: [...path, 'type'],
          related: [['authServer']],
          message: 'upstreamInject needs authServer: without it no provider is ever visited.',
        },
      ];
    const named = namedProvider(value);
    if (named === undefined) return [];
    return [
      {
        path: [...path, ...named.field],
        related: [['authServer']],
        message: `${named.field[1]} needs authServer: without it no provider is ever visited.`,
      },
    ];
  });
};
