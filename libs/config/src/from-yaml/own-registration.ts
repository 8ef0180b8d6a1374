import type { Service } from '@gatehouse/kernel/services';
import type { Path } from '../findings/path.js';
import type { ConfiguredSecret } from '../model/configured-secret.js';
import { registrationUrlOf, type OwnRegistration } from '../model/own-registration.js';
import type { SecretResolver } from '../secrets/secret-resolver.js';
import { documentOf } from '../urls/mistakes.js';
import { isOidc, type WrittenBlock } from './provider-protocol.js';
import { given } from './written-values.js';

const OWNERS: readonly Service[] = ['token-vault'];

/** Only this file knows `dcrConfig`. */
export function ownRegistrationOf(
  block: WrittenBlock,
  place: Path,
  secrets: SecretResolver,
): OwnRegistration<ConfiguredSecret> | undefined {
  const { dcrConfig: written } = block;
  const at = placeOf(block);
  if (written === undefined || at === undefined) return undefined;
  const { initialAccessToken, softwareId, softwareStatement } = written;
  return {
    at,
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

/** That a plain OAuth 2 provider has one of the two, the checks of the fields have seen to. */
function placeOf(block: WrittenBlock): OwnRegistration<unknown>['at'] | undefined {
  if (isOidc(block)) {
    if (block.dcrConfig === undefined) return undefined;
    const { registrationEndpoint } = block.dcrConfig;
    return registrationEndpoint === undefined
      ? { discoveryUrl: documentOf(block.issuerUrl) }
      : { registrationEndpoint };
  }
  if (block.dcrConfig === undefined) return undefined;
  const { discoveryUrl, registrationEndpoint = '' } = block.dcrConfig;
  return discoveryUrl === undefined ? { registrationEndpoint } : { discoveryUrl };
}

/** Where requests for the registration go. */
export const registrationUrlsOf = (block: WrittenBlock): readonly (string | undefined)[] => {
  const at = placeOf(block);
  return at === undefined ? [] : [registrationUrlOf({ at })];
};
