import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { errors, type Configuration } from 'oidc-provider';
import { readClaims } from './requested-claims.js';

type Feature = NonNullable<NonNullable<Configuration['features']>['claimsParameter']>;

/**
 * The parameter `claims` (OpenID Connect Core, section 5.5), wherever an authorization request comes from. What counts of it takes its
 * place, before the library keeps it and acts on it.
 */
export const claimsParameter = ({
  scopesSupported,
}: Pick<AuthorizationServerPart, 'scopesSupported'>): Feature => ({
  enabled: true,
  assertClaimsParameter: ({ oidc }, claims, { scope }) => {
    const { params, route } = oidc;
    if (params === undefined) return;
    // Whoever enters the code signs in, and nothing is kept there of whom or what a device wants.
    if (route === 'device_authorization')
      throw new errors.InvalidRequest('claims is not supported for sign-ins by a code of a device');
    const allowed = scope?.split(' ');
    const read = readClaims(
      String(params['claims']),
      (one) => scopesSupported.includes(one) && allowed?.includes(one) !== false,
    );
    if (read.kind === 'refused') throw new errors.InvalidRequest(read.why);
    params['claims'] = JSON.stringify(read.claims);
    // The library does not know of our UserInfo endpoint.
    delete claims.userinfo;
  },
});
