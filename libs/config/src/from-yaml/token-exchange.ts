import { TOKEN_TYPES, type TokenType } from '@gatehouse/kernel/token-types';
import type { Actor } from '../model/actor-token.js';
import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { TokenExchange } from '../model/outgoing-auth.js';
import type { Path } from '../findings/path.js';
import type { SecretResolver } from '../secrets/secret-resolver.js';
import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import { CLIENT_FIELDS, endpointClient } from './endpoint-client.js';
import { partyEgress } from './party-egress.js';
import { destination, DESTINATION_FIELDS } from './token-destination.js';
import { given, milliseconds, without } from './written-values.js';

type Written = NonNullable<GatehouseYaml['outgoingAuth']['default']['tokenExchange']>;

export function buildTokenExchange(
  written: Written,
  path: Path,
  secrets: SecretResolver,
): TokenExchange<ConfiguredSecret> {
  const { timeout, subjectTokenType, subjectFromCaller, requestedTokenType, audiences, resources, ...rest } =
    without(written, ...CLIENT_FIELDS, ...DESTINATION_FIELDS, ...ACTOR_FIELDS, 'caBundle');
  const place = { path, owner: 'token-vault', secrets } as const;
  return {
    type: 'tokenExchange',
    ...rest,
    ...given('clientId', written.clientId),
    ...endpointClient(written, place),
    ...partyEgress(written, place, written.tokenUrl),
    ...destination(written),
    ...given('audiences', unlessEmpty(audiences)),
    ...given('resources', unlessEmpty(resources)),
    ...given('requestedTokenType', unlessUsual(shortTokenType(requestedTokenType))),
    ...given('actor', actorOf(written)),
    ...(subjectFromCaller ? { subjectFromCaller } : {}),
    subjectTokenType: shortTokenType(subjectTokenType),
    timeoutMs: milliseconds(timeout),
  };
}

/** What {@link actorOf} reads. */
const ACTOR_FIELDS = [
  'actorProviderName',
  'actorTokenType',
  'actorClientCredentials',
] as const satisfies readonly (keyof Written)[];

function actorOf({
  actorProviderName,
  actorTokenType = 'access_token',
  actorClientCredentials,
}: Written): Actor | undefined {
  const token = shortTokenType(actorTokenType);
  // Which of the two is meant, where both are written, is asked by the structure checks.
  if (actorProviderName !== undefined)
    return {
      from: 'provider',
      providerName: actorProviderName,
      token,
      ...(token === 'id_token' ? { mustLive: true } : {}),
    };
  return actorClientCredentials && { from: 'clientCredentials', token, ...actorClientCredentials };
}

const unlessEmpty = (values: readonly string[]): readonly string[] | undefined =>
  values.length === 0 ? undefined : values;

const unlessUsual = (type: TokenType): TokenType | undefined => (type === 'access_token' ? undefined : type);

/** The short name, whichever of the two was written. */
const shortTokenType = (written: TokenType | (typeof TOKEN_TYPES)[TokenType]): TokenType => {
  switch (written) {
    case 'access_token':
    case TOKEN_TYPES.access_token:
      return 'access_token';
    case 'id_token':
    case TOKEN_TYPES.id_token:
      return 'id_token';
    case 'jwt':
    case TOKEN_TYPES.jwt:
      return 'jwt';
  }
};
