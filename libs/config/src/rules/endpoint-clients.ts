import type { EndpointClient } from '../model/endpoint-client.js';
import { isIssuedToken } from '../model/token-subject.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { strategiesOf, type Rule } from './rule.js';

/** What a client of a token endpoint proves itself with is there, belongs together, and is used. */
export const endpointClients: Rule = (model) =>
  strategiesOf(model).flatMap(({ value, path }) => {
    if (!isIssuedToken(value)) return [];
    const place = [...path, value.type];
    return [
      ...clientFindings(value, place),
      ...(value.type === 'clientCredentials' ? proofFindings(value, place) : []),
    ];
  });

function clientFindings(client: EndpointClient<unknown>, path: Path): readonly Finding[] {
  const { clientId, clientSecret, clientKey, tokenEndpointAuthMethod: method } = client;
  const finding = (field: string, message: string): readonly Finding[] => [
    { path: [...path, field], message },
  ];
  if (clientSecret !== undefined && clientId === undefined)
    return finding('clientSecret', 'A clientSecret needs the clientId that it belongs to.');
  if (clientKey !== undefined && clientId === undefined)
    return finding('clientKey', 'A clientKey needs the clientId that it belongs to.');
  if (clientSecret !== undefined && clientKey !== undefined)
    return finding(
      'clientSecret',
      'With a clientKey beside it this secret is not used. Write one of the two.',
    );
  if (method === 'private_key_jwt' && clientKey === undefined)
    return finding('tokenEndpointAuthMethod', 'private_key_jwt needs a clientKey.');
  if (method !== 'private_key_jwt' && clientKey !== undefined)
    return finding(
      'tokenEndpointAuthMethod',
      `${method} does not use the clientKey that is written beside it.`,
    );
  if (method === 'client_secret_post' && clientSecret === undefined)
    return finding('tokenEndpointAuthMethod', 'client_secret_post needs a clientSecret.');
  return clientKey === undefined ? keyFindings(client, path) : [];
}

const keyFindings = (client: EndpointClient<unknown>, path: Path): readonly Finding[] =>
  (['clientKeyId', 'clientAssertionAudience'] as const).flatMap((field) =>
    client[field] === undefined
      ? []
      : [{ path: [...path, field], message: `${field} has no effect without a clientKey.` }],
  );

/** RFC 6749 section 4.4: the grant is for confidential clients. */
const proofFindings = (
  { clientSecret, clientKey, tokenEndpointAuthMethod }: EndpointClient<unknown>,
  path: Path,
): readonly Finding[] =>
  clientSecret === undefined && clientKey === undefined && tokenEndpointAuthMethod === 'client_secret_basic'
    ? [
        {
          path: [...path, 'clientId'],
          message: 'clientCredentials needs a clientSecret or a clientKey: anybody could ask in its name.',
          instead: 'clientSecret: { env: CLIENT_SECRET } beside it',
        },
      ]
    : [];
