import { namedProviders } from '../model/token-subject.js';
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
    return namedProviders(value).map(({ field }) => ({
      path: [...path, ...field],
      related: [['authServer']],
      message: `${field[1]} needs authServer: without it no provider is ever visited.`,
      ...(value.type === 'awsSts' && model.incomingAuth.type === 'oidc'
        ? {
            instead:
              'nothing here, if AWS trusts the issuer of the callers’ tokens (in gatehouse.yaml with subjectFromCaller: true)',
          }
        : {}),
    }));
  });
};
