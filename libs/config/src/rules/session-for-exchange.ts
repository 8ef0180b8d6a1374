import { strategiesOf, type Rule } from './rule.js';

/**
 * The vault exchanges tokens for sessions of the embedded authorization server. Tokens of an external issuer have no
 * session.
 */
export const sessionForExchange: Rule = (model) => {
  // Anonymous callers, and a subjectProviderName without authServer, have messages of their own.
  if (model.authServer !== undefined || model.incomingAuth.type !== 'oidc') return [];
  return strategiesOf(model).flatMap(({ value, path }) =>
    value.type === 'tokenExchange' && value.subjectProviderName === undefined
      ? [
          {
            path: [...path, 'type'],
            related: [['authServer'], ['incomingAuth']],
            message:
              'tokenExchange needs authServer: a token is exchanged for a session, and tokens of an external issuer belong to none.',
          },
        ]
      : [],
  );
};
