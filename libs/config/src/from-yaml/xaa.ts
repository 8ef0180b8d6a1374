import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { EndpointParty, Xaa } from '../model/xaa.js';
import type { Path } from '../findings/path.js';
import type { SecretResolver } from '../secrets/secret-resolver.js';
import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import { CLIENT_FIELDS, endpointClient } from './endpoint-client.js';
import { partyEgress, type Place } from './party-egress.js';
import { destination } from './token-destination.js';
import { given, milliseconds } from './written-values.js';

type Written = NonNullable<GatehouseYaml['outgoingAuth']['default']['xaa']>;

/** @param providers names of the upstream providers */
export function buildXaa(
  written: Written,
  path: Path,
  secrets: SecretResolver,
  providers: readonly string[],
): Xaa<ConfiguredSecret> {
  const place = { path, owner: 'token-vault', secrets } as const;
  return {
    type: 'xaa',
    idp: {
      tokenUrl: written.idpTokenUrl,
      clientId: written.idpClientId,
      ...clientBehind(written, 'idp', place),
    },
    target: {
      tokenUrl: written.targetTokenUrl,
      clientId: written.targetClientId,
      ...clientBehind(written, 'target', place),
    },
    targetAudience: written.targetAudience,
    ...given('targetResource', written.targetResource),
    scopes: written.scopes,
    ...given('toolScopes', written.toolScopes),
    subjectProviderName: written.subjectProviderName ?? onlyOne(providers),
    ...partyEgress(written, place, written.idpTokenUrl, written.targetTokenUrl),
    ...destination(written),
    timeoutMs: milliseconds(written.timeout),
  };
}

/** Several could be meant: then the rules ask. */
export const onlyOne = (names: readonly string[]): string => (names.length === 1 ? (names[0] ?? '') : '');

/** The client whose fields have a prefix. Its secrets are reported where they stand. */
function clientBehind(
  written: Written,
  prefix: 'idp' | 'target',
  place: Place,
): Omit<EndpointParty<ConfiguredSecret>, 'tokenUrl' | 'clientId'> {
  const named = (field: string): string => `${prefix}${field.charAt(0).toUpperCase()}${field.slice(1)}`;
  const fields: Readonly<Record<string, unknown>> = written;
  const client = Object.fromEntries(
    CLIENT_FIELDS.flatMap((field) =>
      fields[named(field)] === undefined ? [] : [[field, fields[named(field)]]],
    ),
  );
  return endpointClient(client, place, named);
}
