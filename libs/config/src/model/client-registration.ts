import type { ClientGrants } from './client-grants.js';
import type { ClientLimits } from './client-limits.js';
import type { ClientProofs } from './client-keys.js';

export interface ClientRegistration<S> {
  /** RFC 7591. With `initialAccessToken`, `initialAccessToken` is present. */
  readonly dynamic: 'open' | 'initialAccessToken' | 'off';
  readonly initialAccessToken?: S;
  /** Of a registration with which nobody has ever signed in. */
  readonly unusedClientLifespanMs: number;
  readonly metadataDocuments: MetadataDocuments;
  /** Beside those that have a period or are known; without their colons. */
  readonly redirectSchemes: readonly string[];
  readonly clients: readonly PreRegisteredClient<S>[];
}

/** Client ID Metadata Documents. */
export interface MetadataDocuments {
  /** `auto`: the metadata says that they are accepted only as long as the network lets them be fetched. */
  readonly enabled: boolean | 'auto';
  /** Host names in lower case; `*` alone means every host, `*.example.org` every host below it. */
  readonly allowedHosts: readonly string[];
  /** Also fetch from private and loopback addresses (development). */
  readonly allowPrivateIps: boolean;
  /** Never fetched. */
  readonly documents: readonly PinnedDocument[];
}

interface PinnedDocument {
  /** Its URL. */
  readonly clientId: string;
  readonly clientName: string;
  readonly redirectUris: readonly string[];
}

/** What signing keys can sign with (RFC 7518, section 3.1; RFC 8037). */
export const SIGNING_ALGORITHMS = ['RS256', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

interface PreRegisteredClient<S> extends ClientProofs, ClientGrants {
  readonly clientId: string;
  readonly clientName: string;
  /** Empty: nobody signs in to it at a browser. */
  readonly redirectUris: readonly string[];
  /** Where browsers go that were signed out. */
  readonly postLogoutRedirectUris?: readonly string[];
  /** Where it is told that a session of its has ended. */
  readonly backchannelLogoutUri?: string;
  /** Absent, and no keys either: a public client. */
  readonly clientSecret?: S;
  /** Absent: that of the first signing key. */
  readonly idTokenSignedResponseAlg?: SigningAlgorithm;
  /** Absent: it may not ask. */
  readonly introspection?: Introspection;
  /** Absent: it gets what every client may get. */
  readonly limits?: ClientLimits;
}

/** What a client may ask about tokens (RFC 7662), beside its own. */
export interface Introspection {
  /** Access tokens that are meant for these. */
  readonly resources: readonly string[];
}
