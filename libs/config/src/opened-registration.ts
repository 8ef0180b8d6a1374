import type { Secret } from '@gatehouse/kernel/secret';
import type { ConfiguredSecret } from './model/configured-secret.js';
import type { OwnRegistration } from './model/own-registration.js';

export function openedOwnRegistration({
  initialAccessToken,
  ...registration
}: OwnRegistration<ConfiguredSecret>): OwnRegistration<Secret> {
  return {
    ...registration,
    ...(initialAccessToken === undefined ? {} : { initialAccessToken: initialAccessToken.secret }),
  };
}
