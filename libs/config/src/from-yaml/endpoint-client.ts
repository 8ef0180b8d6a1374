import type { ClientCredentials } from '../model/client-credentials.js';
import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { EndpointClient } from '../model/endpoint-client.js';
import type { Path } from '../findings/path.js';
import type { SecretResolver } from '../secrets/secret-resolver.js';
import type { WrittenReference } from '../yaml/fields.js';
import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import { partyEgress, type Place } from './party-egress.js';
import { destination, DESTINATION_FIELDS } from './token-destination.js';
import { given, milliseconds, without } from './written-values.js';

interface WrittenClient {
  readonly clientSecret?: WrittenReference;
  readonly clientKey?: WrittenReference;
  readonly clientKeyId?: string;
  readonly clientAssertionAudience?: string;
  readonly tokenEndpointAuthMethod?: EndpointClient<unknown>['tokenEndpointAuthMethod'];
}

export const CLIENT_FIELDS = [
  'clientSecret',
  'clientKey',
  'clientKeyId',
  'clientAssertionAudience',
  'tokenEndpointAuthMethod',
] as const satisfies readonly (keyof WrittenClient)[];

/** How the gateway proves itself at a token endpoint, as written; without its id. */
export const endpointClient = (
  written: WrittenClient,
  { path, owner, secrets }: Place,
  named: (field: string) => string = (field) => field,
): Omit<EndpointClient<ConfiguredSecret>, 'clientId'> => ({
  ...given(
    'clientSecret',
    written.clientSecret &&
      secrets.secret(written.clientSecret, [...path, named('clientSecret')], {
        kind: 'clientSecret',
        owners: [owner],
      }),
  ),
  ...given(
    'clientKey',
    written.clientKey &&
      secrets.secret(written.clientKey, [...path, named('clientKey')], {
        kind: 'signingKey',
        owners: [owner],
      }),
  ),
  ...given('clientKeyId', written.clientKeyId),
  ...given('clientAssertionAudience', written.clientAssertionAudience),
  tokenEndpointAuthMethod:
    written.tokenEndpointAuthMethod ??
    (written.clientKey === undefined ? 'client_secret_basic' : 'private_key_jwt'),
});

export function buildClientCredentials(
  written: NonNullable<GatehouseYaml['outgoingAuth']['default']['clientCredentials']>,
  path: Path,
  secrets: SecretResolver,
): ClientCredentials<ConfiguredSecret> {
  const { timeout, ...rest } = without(written, ...CLIENT_FIELDS, ...DESTINATION_FIELDS, 'caBundle');
  const place = { path, owner: 'token-vault', secrets } as const;
  return {
    type: 'clientCredentials',
    ...rest,
    ...endpointClient(written, place),
    ...partyEgress(written, place, written.tokenUrl),
    ...destination(written),
    timeoutMs: milliseconds(timeout),
  };
}
