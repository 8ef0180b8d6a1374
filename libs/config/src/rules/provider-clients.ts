import type { Finding } from '../findings/problems.js';
import type { TokenEndpointAuthMethod } from '../model/upstream-provider.js';
import { providersOf, type PlacedProvider, type Rule } from './rule.js';

/** The method by which Gatehouse proves itself at a provider has what it needs, and nothing that it would not use. */
export const providerClients: Rule = (model) =>
  providersOf(model).flatMap((placed): readonly Finding[] => {
    const { tokenEndpointAuthMethod: method, registration } = placed.value;
    // What it proves itself with is not written.
    if (registration !== undefined) return [];
    return [...(method === undefined ? [] : methodFindings(placed, method)), ...secretFindings(placed)];
  });

function methodFindings(
  { value, block }: PlacedProvider,
  method: TokenEndpointAuthMethod,
): readonly Finding[] {
  const path = [...block, 'tokenEndpointAuthMethod'];
  const { clientSecret, clientKey } = value;
  if (method === 'private_key_jwt')
    return clientKey === undefined ? [{ path, message: 'private_key_jwt needs a clientKey.' }] : [];
  if (clientKey !== undefined)
    return [{ path, message: `${method} does not use the clientKey that is written beside it.` }];
  if (method === 'none')
    return clientSecret === undefined
      ? []
      : [{ path, message: 'none does not send the clientSecret that is written beside it.' }];
  return clientSecret === undefined ? [{ path, message: `${method} needs a clientSecret.` }] : [];
}

/** HS256 verifies with the client secret (OpenID Connect Core section 10.1), so there must be one. */
function secretFindings({ value, block }: PlacedProvider): readonly Finding[] {
  const { protocol, clientSecret, clientKey, tokenEndpointAuthMethod: method } = value;
  const verifies = protocol.type === 'oidc' && protocol.idTokenSignedWith === 'clientSecret';
  if (verifies && clientSecret === undefined)
    return [{ path: [...block, 'idTokenSignedWith'], message: 'clientSecret needs a clientSecret.' }];
  const isUnused = method === 'private_key_jwt' && clientKey !== undefined && clientSecret !== undefined;
  return isUnused && !verifies
    ? [
        {
          path: [...block, 'clientSecret'],
          message: 'With a clientKey beside it this secret is not used.',
        },
      ]
    : [];
}
