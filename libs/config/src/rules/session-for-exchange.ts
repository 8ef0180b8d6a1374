import { isIssuedToken, subjectOf } from '../model/token-subject.js';
import { strategiesOf, type Rule } from './rule.js';

/**
 * The vault gives tokens to sessions of the embedded authorization server. Tokens of an external issuer have no
 * session; such a token can be exchanged itself, where the configuration says so.
 */
export const sessionForExchange: Rule = (model) => {
  // Anonymous callers, and a subjectProviderName without authServer, have messages of their own.
  if (model.authServer !== undefined || model.incomingAuth.type !== 'oidc') return [];
  return strategiesOf(model).flatMap(({ value, path }) => {
    const subject = isIssuedToken(value) ? subjectOf(value).of : undefined;
    if (subject !== 'caller' && subject !== 'gateway') return [];
    return [
      {
        path: [...path, 'type'],
        related: [['authServer'], ['incomingAuth']],
        message: `${value.type} needs authServer: a token is made for a session, and tokens of an external issuer belong to none.`,
        ...(subject === 'caller'
          ? {
              instead:
                'subjectFromCaller: true, if the token of the external issuer itself is to be exchanged',
            }
          : {}),
      },
    ];
  });
};
