import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { GatehouseModel } from '../model/gatehouse-model.js';
import type { TokenExchange } from '../model/outgoing-auth.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { namesIn, strategiesOf, type Rule } from './rule.js';

export const tokenExchange: Rule = (model) =>
  strategiesOf(model).flatMap(({ value, path }) =>
    value.type === 'tokenExchange' ? subjectFindings(model, value, [...path, 'tokenExchange']) : [],
  );

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
  const providers = model.authServer?.upstreamProviders ?? [];
  const provider = providers.find(({ name }) => name === subjectProviderName);
  return provider?.protocol.type === 'oauth2' && provider.protocol.identity.from !== 'idToken'
    ? [
        {
          path: place,
          related: namesIn(['authServer', 'upstreamProviders'], providers.length, 'type'),
          message: `${subjectProviderName} is of type oauth2 and issues no id_token.`,
          instead: 'access_token',
        },
      ]
    : [];
}
