import type { CallPolicies, PolicySource } from '../model/call-policies.js';
import type { Path } from '../findings/path.js';
import type { SecretResolver } from '../secrets/secret-resolver.js';
import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import { given } from './written-values.js';

const AT: Path = ['incomingAuth', 'authz'];

/** @returns `undefined` where nobody decides by policies. */
export function buildCallPolicies(
  written: GatehouseYaml['incomingAuth'],
  secrets: SecretResolver,
): CallPolicies | undefined {
  const authz = written?.authz;
  if (authz === undefined || authz.type === 'none' || !secrets.decidesAboutCalls) return undefined;
  const { policies, policiesFile, entitiesJson, entitiesFile, groupClaimName, roleClaimName } = authz;
  const inline = policies.map((text, index) => ({ path: [...AT, 'policies', index], text }));
  const ofFile = (file: string | undefined, name: string): PolicySource | undefined =>
    file === undefined ? undefined : { path: [...AT, name], text: secrets.file(file, [...AT, name]) };
  const filed = ofFile(policiesFile, 'policiesFile');
  const entities =
    entitiesJson === undefined
      ? ofFile(entitiesFile, 'entitiesFile')
      : { path: [...AT, 'entitiesJson'], text: entitiesJson };
  return {
    sources: filed === undefined ? inline : [...inline, filed],
    ...given('entities', entities),
    groupClaims: [...new Set([groupClaimName, ...(roleClaimName === undefined ? [] : [roleClaimName])])],
    groupClaimFallbacks: authz.groupClaimFallbacks,
    groupEntityType: authz.groupEntityType,
  };
}
