import type { EndpointClient } from '../model/endpoint-client.js';
import { tokenEndpointsOf, type PlacedEndpoint } from '../model/issued-endpoints.js';
import { isIssuedToken } from '../model/token-subject.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { strategiesOf, type Rule } from './rule.js';

/** What a client of a token endpoint proves itself with is there, belongs together, and is used. */
export const endpointClients: Rule = (model) =>
  strategiesOf(model).flatMap(({ value, path }) =>
    isIssuedToken(value)
      ? tokenEndpointsOf(value).flatMap((placed) => [
          ...clientFindings(placed, [...path, value.type]),
          ...(placed.needsProof ? proofFindings(placed, [...path, value.type], value.type) : []),
        ])
      : [],
  );

function clientFindings(
  { party, fieldOf, needsProof }: PlacedEndpoint<unknown>,
  path: Path,
): readonly Finding[] {
  const { clientId, clientSecret, clientKey, tokenEndpointAuthMethod: method } = party;
  const [secret, key, id] = ['clientSecret', 'clientKey', 'clientId'].map(fieldOf);
  const finding = (field: string, message: string): readonly Finding[] => [
    { path: [...path, fieldOf(field)], message },
  ];
  if (clientSecret !== undefined && clientId === undefined)
    return finding('clientSecret', `A ${secret} needs the ${id} that it belongs to.`);
  if (clientKey !== undefined && clientId === undefined)
    return finding('clientKey', `A ${key} needs the ${id} that it belongs to.`);
  if (clientSecret !== undefined && clientKey !== undefined)
    return finding('clientSecret', `With a ${key} beside it this secret is not used. Write one of the two.`);
  if (method === 'private_key_jwt' && clientKey === undefined)
    return finding('tokenEndpointAuthMethod', `private_key_jwt needs a ${key}.`);
  if (method !== 'private_key_jwt' && clientKey !== undefined)
    return finding('tokenEndpointAuthMethod', `${method} does not use the ${key} that is written beside it.`);
  if (method === 'client_secret_post' && clientSecret === undefined && !needsProof)
    return finding('tokenEndpointAuthMethod', `client_secret_post needs a ${secret}.`);
  return clientKey === undefined ? keyFindings(party, fieldOf, path) : [];
}

const keyFindings = (
  client: EndpointClient<unknown>,
  fieldOf: (name: string) => string,
  path: Path,
): readonly Finding[] =>
  (['clientKeyId', 'clientAssertionAudience'] as const).flatMap((field) =>
    client[field] === undefined
      ? []
      : [
          {
            path: [...path, fieldOf(field)],
            message: `${fieldOf(field)} has no effect without a ${fieldOf('clientKey')}.`,
          },
        ],
  );

/** RFC 6749 section 4.4, and the draft of ID-JAG: the grants are for confidential clients. */
const proofFindings = (
  { party, fieldOf }: PlacedEndpoint<unknown>,
  path: Path,
  type: string,
): readonly Finding[] =>
  party.clientSecret === undefined &&
  party.clientKey === undefined &&
  party.tokenEndpointAuthMethod !== 'private_key_jwt'
    ? [
        {
          path: [...path, fieldOf('clientId')],
          message: `${type} needs ${fieldOf('clientSecret')} or ${fieldOf('clientKey')}: anybody could ask in its name.`,
          instead: `${fieldOf('clientSecret')}: { env: CLIENT_SECRET } beside it`,
        },
      ]
    : [];
