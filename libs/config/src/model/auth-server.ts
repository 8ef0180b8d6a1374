import type { Access } from './access.js';
import type { Administration } from './administration.js';
import type { AssertionIssuer } from './assertion-issuer.js';
import type { Branding } from './branding.js';
import type { ClaimMappings } from './claim-mappings.js';
import type { ClientRegistration } from './client-registration.js';
import type { HeldKey, KeyHolders } from './held-keys.js';
import type { KeyEncryptionKey } from './key-encryption-key.js';
import type { RequestProtection } from './request-protection.js';
import type { UpstreamProvider } from './upstream-provider.js';

export interface AuthServer<S> {
  /** Exactly as written: compared byte for byte (RFC 8414 section 3.3). No trailing slash. */
  readonly issuer: string;
  /** Only `authorization_endpoint` moves there. */
  readonly authorizationEndpointBaseUrl?: string;
  /** Name of the provider that decides who the user is; resolved, so never absent. */
  readonly primaryUpstreamProvider: string;
  readonly insecureAllowHttp: boolean;
  /** Addresses and CIDR networks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  readonly tokenLifespans: TokenLifespans;
  /** PEM private keys, and keys that are held elsewhere; the first signs, all are published. Empty: made by the service and kept in the database, sealed. */
  readonly signingKeys: readonly (S | HeldKey)[];
  readonly keyHolders: KeyHolders<S>;
  /** How long a key signs that the service made. Absent: until an operator wants another one. */
  readonly signingKeyLifespanMs?: number;
  /** For what the authorization server seals at rest (its own signing and cookie keys). */
  readonly keyEncryptionKeys: readonly KeyEncryptionKey<S>[];
  readonly clientRegistration: ClientRegistration<S>;
  readonly requestProtection: RequestProtection<S>;
  readonly scopesSupported: readonly string[];
  /** Added to what every client may ask for; a subset of `scopesSupported`. */
  readonly baselineClientScopes: readonly string[];
  /** `required`: an authorization request without the RFC 8707 `resource` parameter is refused; so is its bare origin. */
  readonly resourceIndicator: 'required' | 'optional';
  /** What a new sign-in does with a live connection of the same account: use it, ask first, or visit the provider again. */
  readonly connectionReuse: 'always' | 'confirm' | 'never';
  /** Absent: everybody may sign in whom the primary provider lets in. */
  readonly access?: Access;
  /** Absent: nobody administers over HTTP. */
  readonly administration?: Administration;
  readonly branding: Branding;
  /** Absent: access tokens say nothing that the primary provider says. */
  readonly claimMappings?: ClaimMappings;
  /** Whose assertions about people are believed; none: no client presents any. */
  readonly assertionIssuers: readonly AssertionIssuer<S>[];
  /** Sign-ins of machines without a browser (RFC 8628). Absent: there are none. */
  readonly deviceFlow?: DeviceFlow;
  /** In the order in which they are visited. */
  readonly upstreamProviders: readonly UpstreamProvider<S>[];
}

interface DeviceFlow {
  /** Of a device code and its user code. */
  readonly codeLifespanMs: number;
}

interface TokenLifespans {
  readonly accessTokenLifespanMs: number;
  readonly refreshTokenLifespanMs: number;
  readonly authCodeLifespanMs: number;
  /** Nothing that comes from one sign-in outlives it. */
  readonly sessionLifespanMs: number;
}
