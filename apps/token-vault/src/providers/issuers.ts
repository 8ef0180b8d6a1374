import type { IssuedTo } from '../backend-oauth/issued-to.js';
import type { Provider } from './provider-registry.js';

/** A provider as one of the clients that this gateway is, or was, there. */
export type IssuedProvider = Provider & { readonly issuedTo: IssuedTo };

/** Who knows as which client this gateway speaks to a provider, where that is not written in the configuration. */
interface Issuers<Configured extends Provider> {
  /** For what was issued before. @throws {GrantOver} @throws {GatehouseError} */
  asIssued(provider: Configured, issuedTo: IssuedTo | undefined): Promise<IssuedProvider>;
  /** The same for a grant that is to be renewed. */
  forGrant(provider: Configured, issuedTo: IssuedTo | undefined): Promise<IssuedProvider>;
  /** The token endpoint said `invalid_client`. @returns whether the grants of this client are over */
  clientRefused(provider: Configured, issuedTo: IssuedTo): Promise<boolean>;
}

/** The same for one provider. */
export interface IssuersOfOne {
  readonly asIssued: (issuedTo: IssuedTo | undefined) => Promise<IssuedProvider>;
  readonly forGrant: (issuedTo: IssuedTo | undefined) => Promise<IssuedProvider>;
  readonly clientRefused: (issuedTo: IssuedTo) => Promise<boolean>;
}

export const issuersOfOne = <Configured extends Provider>(
  issuers: Issuers<Configured>,
  provider: Configured,
): IssuersOfOne => ({
  asIssued: async (issuedTo) => await issuers.asIssued(provider, issuedTo),
  forGrant: async (issuedTo) => await issuers.forGrant(provider, issuedTo),
  clientRefused: async (issuedTo) => await issuers.clientRefused(provider, issuedTo),
});
