import type { Service } from '@gatehouse/kernel/services';
import type { Path } from '../findings/path.js';
import type { ConfiguredSecret } from '../model/configured-secret.js';
import { registrationUrlOf, type OwnRegistration } from '../model/own-registration.js';
import type { SecretResolver } from '../secrets/secret-resolver.js';
import { isOidc, type WrittenBlock } from './provider-protocol.js';
import { given } from './written-values.js';

const OWNERS: readonly Service[] = ['token-vault'];

/** Only this file knows `dcrConfig`. */
export function ownRegistrationOf(
  block: WrittenBlock,
  place: Path,
  secrets: SecretResolver,
): OwnRegistration<ConfiguredSecret> | undefined {
  const written = isOidc(block) ? undefined : block.dcrConfig;
  if (written === undefined) return undefined;
  const { initialAccessToken, softwareId, softwareStatement } = written;
  return {
    at: placeOf(written),
    ...given(
      'initialAccessToken',
      initialAccessToken &&
        secrets.secret(initialAccessToken, [...place, 'dcrConfig', 'initialAccessToken'], {
          kind: 'bearerToken',
          owners: OWNERS,
        }),
    ),
    ...given('softwareId', softwareId),
    ...given('softwareStatement', softwareStatement),
  };
}

type WrittenOAuth2 = Exclude<WrittenBlock, { readonly issuerUrl: string }>;
type WrittenRegistration = NonNullable<WrittenOAuth2['dcrConfig']>;

/** That one of the two is written, the checks of the fields have seen to. */
const placeOf = ({
  discoveryUrl,
  registrationEndpoint = '',
}: WrittenRegistration): OwnRegistration<unknown>['at'] =>
  discoveryUrl === undefined ? { registrationEndpoint } : { discoveryUrl };

/** Where requests for the registration go. */
export const registrationUrlsOf = (block: WrittenBlock): readonly (string | undefined)[] => {
  const written = isOidc(block) ? undefined : block.dcrConfig;
  return written === undefined ? [] : [registrationUrlOf({ at: placeOf(written) })];
};
