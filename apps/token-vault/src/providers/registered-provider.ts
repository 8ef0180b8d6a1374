import type { OwnRegistration } from '@gatehouse/config/model/own-registration';
import type { OAuth2Protocol, OidcProtocol } from '@gatehouse/config/model/upstream-provider';
import type { Secret } from '@gatehouse/kernel/secret';
import type { GatewayClient } from '../backend-oauth/gateway-client.js';
import type { IssuedTo } from '../backend-oauth/issued-to.js';
import type { Provider } from './provider-registry.js';

/** A provider at which this gateway registers itself, as it is configured. */
export type RegisteringProvider = Provider & {
  readonly registration: OwnRegistration<Secret>;
  readonly protocol: OAuth2Protocol | OidcProtocol;
};

export const registersItself = (provider: Provider): provider is RegisteringProvider =>
  provider.registration !== undefined && provider.protocol.type !== 'mcp';

/** The same with one of the clients that were registered: from here on it is a provider like any other. */
export interface RegisteredProvider extends RegisteringProvider {
  readonly issuedTo: IssuedTo;
}

/** A public client has the method `none`: nothing that is written is sent in the place of a secret. */
export const asRegistered = (
  provider: RegisteringProvider,
  client: GatewayClient,
  issuedTo: IssuedTo,
): RegisteredProvider => ({ ...provider, ...client, issuedTo });
