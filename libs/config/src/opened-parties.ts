import type { Secret } from '@gatehouse/kernel/secret';
import type { ClientRegistration } from './model/client-registration.js';
import type { ConfiguredSecret } from './model/configured-secret.js';
import type { UpstreamProvider } from './model/upstream-provider.js';
import { openedOwnRegistration } from './opened-registration.js';

function openedSecret<T extends { readonly clientSecret?: ConfiguredSecret }>(
  holder: T,
): Omit<T, 'clientSecret'> & { readonly clientSecret?: Secret } {
  const { clientSecret, ...rest } = holder;
  return clientSecret === undefined ? rest : { ...rest, clientSecret: clientSecret.secret };
}

/** Apart from its certificates, which all parties have. */
export function openedProvider(provider: UpstreamProvider<ConfiguredSecret>) {
  const { clientKey, registration, ...rest } = openedSecret(provider);
  return {
    ...rest,
    ...(clientKey === undefined ? {} : { clientKey: { ...clientKey, key: clientKey.key.secret } }),
    ...(registration === undefined ? {} : { registration: openedOwnRegistration(registration) }),
  };
}

export function openedRegistration(
  registration: ClientRegistration<ConfiguredSecret>,
): ClientRegistration<Secret> {
  const { initialAccessToken, clients, ...rest } = registration;
  return {
    ...rest,
    ...(initialAccessToken === undefined ? {} : { initialAccessToken: initialAccessToken.secret }),
    clients: clients.map(openedSecret),
  };
}
