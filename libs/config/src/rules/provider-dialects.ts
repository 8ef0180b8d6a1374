import type { Finding } from '../findings/problems.js';
import { RESERVED_PARAMETERS } from './authorization-params.js';
import { providersOf, type PlacedProvider, type Rule } from './rule.js';
import { headerFindings } from './user-info.js';

/** What is written about a provider's own ways takes away nothing that protects, and has an effect. */
export const providerDialects: Rule = (model) =>
  providersOf(model).flatMap((placed) => [
    ...headerFindings(placed.value.dialect.tokenRequestHeaders, [...placed.block, 'tokenRequestHeaders']),
    ...mappingFindings(placed),
    ...scopeFindings(placed),
    ...pkceFindings(placed),
    ...issuerFindings(placed),
  ]);

function mappingFindings({ value, block }: PlacedProvider): readonly Finding[] {
  const { accessToken, ...others } = value.dialect.tokenResponseMapping;
  return accessToken === undefined && Object.keys(others).length > 0
    ? [
        {
          path: [...block, 'tokenResponseMapping'],
          message: 'Write accessToken too: it decides which answers the other paths are for.',
        },
      ]
    : [];
}

/** RFC 9700 section 2.1.1: a public client has nothing else that ties its code to it. */
const pkceFindings = ({ value, block }: PlacedProvider): readonly Finding[] =>
  value.dialect.pkce === 'off' &&
  value.registration === undefined &&
  value.clientSecret === undefined &&
  value.clientKey === undefined
    ? [{ path: [...block, 'pkce'], message: 'Without PKCE a clientSecret or clientKey is needed.' }]
    : [];

function scopeFindings({ value, block }: PlacedProvider): readonly Finding[] {
  const { scopeParameter } = value.dialect;
  return scopeParameter !== 'scope' && RESERVED_PARAMETERS.has(scopeParameter.toLowerCase())
    ? [{ path: [...block, 'scopeParameter'], message: `${scopeParameter} holds something else.` }]
    : [];
}

/** RFC 9207 and OpenID Connect call the same thing an issuer. */
function issuerFindings({ value: { protocol }, block }: PlacedProvider): readonly Finding[] {
  if (protocol.type !== 'oauth2' || protocol.identity.from !== 'idToken') return [];
  const { issuer } = protocol;
  return issuer === undefined || issuer === protocol.identity.issuer
    ? []
    : [
        {
          path: [...block, 'identityFromToken', 'issuer'],
          related: [[...block, 'issuer']],
          message: 'This differs from the issuer of the provider: one authorization server has one issuer.',
          instead: issuer,
        },
      ];
}
