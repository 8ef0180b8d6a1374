import type { Path } from '../findings/path.js';
import type { Access } from '../model/access.js';
import type { SecretResolver } from '../secrets/secret-resolver.js';
import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import { given } from './written-values.js';

type Written = NonNullable<NonNullable<GatehouseYaml['authServer']>['access']>;

/** @param at where it stands */
export function buildAccess(written: Written, at: Path, secrets: SecretResolver): Access {
  const { from, policies, groupClaimName, roleClaimName, groupEntityType, contact } = written;
  return {
    from,
    ...(secrets.decidesAboutPeople
      ? { policies: policies.map((text, index) => ({ path: [...at, 'policies', index], text })) }
      : {}),
    groupClaims: [...new Set([groupClaimName, ...(roleClaimName === undefined ? [] : [roleClaimName])])],
    groupEntityType,
    ...given('contact', contact),
  };
}
