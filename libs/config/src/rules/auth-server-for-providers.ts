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
    if (value.type === 'tokenExchange' && value.subjectProviderName !== undefined)
      return [
        {
          path: [...path, 'tokenExchange', 'subjectProviderName'],
          related: [['authServer']],
          message:
            "subjectProviderName needs authServer: without it the subject can only be the caller's own token.",
        },
      ];
    return [];
  });
};
