import type { AuthServer } from '../model/auth-server.js';
import type { Path } from '../findings/path.js';
import type { Finding } from '../findings/problems.js';
import { MAX_MAPPED_CLAIMS, OWN_CLAIMS, type ClaimMappings } from '../model/claim-mappings.js';
import type { UpstreamProvider } from '../model/upstream-provider.js';
import type { Rule } from './rule.js';

const PLACE = ['authServer', 'claimMappings'] as const;

/** What the provider says must not be taken for what the authorization server says. */
export const claimMappings: Rule = ({ authServer }) => {
  const mappings = authServer?.claimMappings;
  if (authServer === undefined || mappings === undefined) return [];
  const { claims, from } = mappings;
  return [
    ...(claims.length === 0 || claims.length > MAX_MAPPED_CLAIMS
      ? [{ path: [...PLACE, 'claims'], message: `There are 1 to ${MAX_MAPPED_CLAIMS} of them.` }]
      : []),
    ...claims.flatMap(({ as }, index) =>
      nameFindings(
        as,
        index,
        claims.map((claim) => claim.as),
      ),
    ),
    ...saysNothing(authServer, from, [...PLACE, 'from']),
  ];
};

/** The primary provider has no place of that kind where it says claims. */
export function saysNothing(
  {
    upstreamProviders,
    primaryUpstreamProvider,
  }: Pick<AuthServer<unknown>, 'upstreamProviders' | 'primaryUpstreamProvider'>,
  from: ClaimMappings['from'],
  path: Path,
): readonly Finding[] {
  const primary = upstreamProviders.find(({ name }) => name === primaryUpstreamProvider);
  if (primary === undefined || says(primary, from)) return [];
  return [
    {
      path,
      related: [['authServer', 'primaryUpstreamProvider']],
      message: `${primary.name} has none of these: it is no provider of OpenID Connect, and says who a person is in another way.`,
    },
  ];
}

function nameFindings(as: string, index: number, all: readonly string[]): readonly Finding[] {
  const path = [...PLACE, 'claims', index, 'as'];
  if (OWN_CLAIMS.has(as))
    return [
      { path, message: `${as} is a claim of the authorization server itself.`, instead: 'another name' },
    ];
  return all.indexOf(as) < index ? [{ path, message: `${as} is taken by another of these claims.` }] : [];
}

function says({ protocol }: UpstreamProvider<unknown>, from: ClaimMappings['from']): boolean {
  return protocol.type === 'oidc' || (protocol.type === 'oauth2' && protocol.identity.from === from);
}
