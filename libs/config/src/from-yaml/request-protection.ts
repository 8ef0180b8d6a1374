import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { RequestProtection } from '../model/request-protection.js';
import type { SecretResolver } from '../secrets/secret-resolver.js';
import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import { given } from './written-values.js';

type Written = Pick<
  NonNullable<GatehouseYaml['authServer']>,
  'securityProfile' | 'pushedAuthorizationRequests' | 'dpop' | 'mtls'
>;
type Built = RequestProtection<ConfiguredSecret>;

/** A profile demands what is not written. What is written against it is refused by a rule. */
export function buildRequestProtection(written: Written, secrets: SecretResolver): Built {
  const { securityProfile, dpop, mtls } = written;
  const demanded = securityProfile === 'fapi2' ? 'required' : 'optional';
  return {
    securityProfile,
    pushedAuthorizationRequests: written.pushedAuthorizationRequests ?? demanded,
    dpop: { boundAccessTokens: dpop.boundAccessTokens ?? demanded, nonces: dpop.nonces },
    ...given('mtls', mtls && buildMtls(mtls, secrets)),
  };
}

function buildMtls(
  { header, certificateAuthorities: authorities, ...mtls }: NonNullable<Written['mtls']>,
  secrets: SecretResolver,
): NonNullable<Built['mtls']> {
  const path = ['authServer', 'mtls', 'certificateAuthorities'];
  return {
    ...mtls,
    header: header.toLowerCase(),
    ...given(
      'certificateAuthorities',
      authorities &&
        secrets.secret(authorities, path, { kind: 'caBundle', owners: ['authorization-server'] }),
    ),
  };
}
