import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { GatehouseModel } from '../model/gatehouse-model.js';
import type { TokenExchange } from '../model/outgoing-auth.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { namesIn, strategiesOf, type Rule } from './rule.js';

export const tokenExchange: Rule = (model) =>
  strategiesOf(model).flatMap(({ value, path }) =>
    value.type === 'tokenExchange'
      ? [
          ...callerFindings(model, value, [...path, 'tokenExchange']),
          ...subjectFindings(model, value, [...path, 'tokenExchange']),
          ...actorFindings(model, value, [...path, 'tokenExchange']),
        ]
      : [],
  );

/** With authServer nobody comes with a token of an external issuer. */
const callerFindings = (
  { authServer }: GatehouseModel,
  { subjectFromCaller }: TokenExchange<ConfiguredSecret>,
  path: Path,
): readonly Finding[] =>
  authServer === undefined || subjectFromCaller === undefined
    ? []
    : [
        {
          path: [...path, 'subjectFromCaller'],
          related: [['authServer'], [...path, 'subjectProviderName']],
          message:
            'With authServer callers come with tokens of this gateway: one is the subject where neither this nor subjectProviderName is written.',
          instead: 'leave it out',
        },
      ];

/** An id_token exists only for a provider that issues them; the caller's own token is an access token. */
function subjectFindings(
  model: GatehouseModel,
  { subjectTokenType, subjectProviderName }: TokenExchange<ConfiguredSecret>,
  path: Path,
): readonly Finding[] {
  if (subjectTokenType !== 'id_token') return [];
  const place = [...path, 'subjectTokenType'];
  if (subjectProviderName === undefined)
    return [{ path: place, message: 'id_token needs a subjectProviderName: the caller brings no id_token.' }];
  return idTokenFindings(model, subjectProviderName, place, 'access_token');
}

/** An actor's id_token is a provider's; a token of the gateway itself is for a client that proves itself (RFC 6749 section 4.4). */
function actorFindings(
  model: GatehouseModel,
  { actor, subjectProviderName, subjectTokenType, ...client }: TokenExchange<ConfiguredSecret>,
  path: Path,
): readonly Finding[] {
  if (actor === undefined) return [];
  if (actor.from === 'clientCredentials') {
    if (actor.token === 'id_token')
      return [
        {
          path: [...path, 'actorTokenType'],
          message: 'The gateway itself has no id_token.',
          instead: 'access_token',
        },
      ];
    return client.clientSecret === undefined && client.clientKey === undefined
      ? [
          {
            path: [...path, 'actorClientCredentials'],
            message: 'The gateway’s own token needs clientId and clientSecret or clientKey beside it.',
          },
        ]
      : [];
  }
  if (actor.providerName === subjectProviderName && actor.token === subjectTokenType)
    return [
      {
        path: [...path, 'actorProviderName'],
        related: [[...path, 'subjectProviderName']],
        message: 'The actor’s token is the subject’s: then nobody acts for anybody.',
      },
    ];
  return actor.token === 'id_token'
    ? idTokenFindings(model, actor.providerName, [...path, 'actorTokenType'], 'access_token')
    : [];
}

/** Of a provider that issues no id_token. */
export function idTokenFindings(
  model: GatehouseModel,
  name: string,
  path: Path,
  instead?: string,
): readonly Finding[] {
  const providers = model.authServer?.upstreamProviders ?? [];
  const protocol = providers.find((provider) => provider.name === name)?.protocol;
  if (protocol === undefined || protocol.type === 'oidc') return [];
  return protocol.type === 'oauth2' && protocol.identity.from === 'idToken'
    ? []
    : [
        {
          path,
          related: namesIn(['authServer', 'upstreamProviders'], providers.length, 'type'),
          message: `${name} is of type ${protocol.type} and issues no id_token.`,
          ...(instead === undefined ? {} : { instead }),
        },
      ];
}
