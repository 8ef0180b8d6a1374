import type { AwsSts } from '../model/aws-sts.js';
import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { Path } from '../findings/path.js';
import type { SecretResolver } from '../secrets/secret-resolver.js';
import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import { partyEgress } from './party-egress.js';
import { given, milliseconds, without } from './written-values.js';
import { onlyOne } from './xaa.js';

type Written = NonNullable<GatehouseYaml['outgoingAuth']['default']['awsSts']>;

/** @param providers names of the upstream providers */
export function buildAwsSts(
  written: Written,
  path: Path,
  secrets: SecretResolver,
  providers: readonly string[],
): AwsSts<ConfiguredSecret> {
  const { sessionDuration, timeout, subjectFromCaller, ...rest } = without(written, 'caBundle');
  const stsUrl = written.stsUrl ?? regionalSts(written.region);
  return {
    type: 'awsSts',
    ...rest,
    ...(subjectFromCaller ? { subjectFromCaller } : {}),
    stsUrl,
    subjectProviderName: written.subjectProviderName ?? onlyOne(providers),
    sessionDurationMs: milliseconds(sessionDuration),
    timeoutMs: milliseconds(timeout),
    ...partyEgress(written, { path, owner: 'token-vault', secrets }, stsUrl),
    ...given('allowedHosts', written.allowedHosts),
  };
}

/** In the partitions of AWS that are reached from the internet. */
const regionalSts = (region: string): string =>
  `https://sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
