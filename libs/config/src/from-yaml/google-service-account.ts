import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { GoogleServiceAccount } from '../model/google-service-account.js';
import type { Path } from '../findings/path.js';
import type { SecretResolver } from '../secrets/secret-resolver.js';
import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import { GOOGLE_TOKEN_URL } from '../yaml/google-service-account-fields.js';
import { partyEgress } from './party-egress.js';
import { destination } from './token-destination.js';
import { given, milliseconds } from './written-values.js';

type Written = NonNullable<GatehouseYaml['outgoingAuth']['default']['googleServiceAccount']>;

export function buildGoogleServiceAccount(
  written: Written,
  path: Path,
  secrets: SecretResolver,
): GoogleServiceAccount<ConfiguredSecret> {
  const place = { path, owner: 'token-vault', secrets } as const;
  const { serviceAccountKey, scopes, toolScopes, audience, tokenUrl = GOOGLE_TOKEN_URL } = written;
  return {
    type: 'googleServiceAccount',
    serviceAccountKey: secrets.secret(serviceAccountKey, [...path, 'serviceAccountKey'], {
      kind: 'serviceAccountKey',
      owners: [place.owner],
    }),
    tokenUrl,
    scopes,
    ...given('toolScopes', toolScopes),
    ...given('audience', audience),
    ...partyEgress(written, place, tokenUrl),
    ...destination(written),
    timeoutMs: milliseconds(written.timeout),
  };
}
