import type { Path } from '../findings/path.js';
import type { AssertionIssuer } from '../model/assertion-issuer.js';
import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { SecretResolver } from '../secrets/secret-resolver.js';
import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import { partyEgress } from './party-egress.js';
import { given, milliseconds } from './written-values.js';

type Written = NonNullable<GatehouseYaml['authServer']>['assertionIssuers'];

const AT: Path = ['authServer', 'assertionIssuers'];

export const buildAssertionIssuers = (
  written: Written,
  secrets: SecretResolver,
): readonly AssertionIssuer<ConfiguredSecret>[] =>
  written.map(({ issuer, jwksUrl, subjectClaim, tenant, ...rest }, index) => ({
    issuer,
    subjectClaim,
    ...given('jwksUrl', jwksUrl),
    ...given('tenant', tenant),
    maxAssertionLifespanMs: milliseconds(rest.maxAssertionLifespan),
    clockToleranceMs: milliseconds(rest.clockTolerance),
    ...partyEgress(
      rest,
      { path: [...AT, index], owner: 'authorization-server', secrets },
      // Its name need not be where it is.
      jwksUrl ?? issuer,
    ),
  }));
