import type { Service } from '@gatehouse/kernel/services';
import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { PartyEgress } from '../model/egress-rules.js';
import type { Path } from '../findings/path.js';
import type { SecretResolver } from '../secrets/secret-resolver.js';
import type { WrittenReference } from '../yaml/fields.js';
import { egressRules, given } from './written-values.js';

interface WrittenEgress {
  readonly allowPrivateIps: boolean;
  readonly insecureAllowHttp: boolean;
  readonly caBundle?: WrittenReference;
}

/** Where the fields of one party stand, and the service that speaks to it. */
export interface Place {
  readonly path: Path;
  readonly owner: Service;
  readonly secrets: SecretResolver;
}

/** How requests to one party are made, as written beside its URLs. */
export const partyEgress = (
  written: WrittenEgress,
  { path, owner, secrets }: Place,
  ...urls: readonly (string | undefined)[]
): PartyEgress<ConfiguredSecret> => ({
  ...egressRules(written, ...urls),
  ...given(
    'caBundle',
    written.caBundle &&
      secrets.secret(written.caBundle, [...path, 'caBundle'], { kind: 'caBundle', owners: [owner] }),
  ),
});
