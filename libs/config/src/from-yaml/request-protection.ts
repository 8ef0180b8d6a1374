import type { RequestProtection } from '../model/request-protection.js';
import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';

type Written = Pick<
  NonNullable<GatehouseYaml['authServer']>,
  'securityProfile' | 'pushedAuthorizationRequests' | 'dpop'
>;

/** A profile demands what is not written. What is written against it is refused by a rule. */
export function buildRequestProtection(written: Written): RequestProtection {
  const { securityProfile, dpop } = written;
  const demanded = securityProfile === 'fapi2' ? 'required' : 'optional';
  return {
    securityProfile,
    pushedAuthorizationRequests: written.pushedAuthorizationRequests ?? demanded,
    dpop: { boundAccessTokens: dpop.boundAccessTokens ?? demanded, nonces: dpop.nonces },
  };
}
