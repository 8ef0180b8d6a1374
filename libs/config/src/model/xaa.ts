import type { PartyEgress } from './egress-rules.js';
import type { EndpointClient } from './endpoint-client.js';
import type { TokenDestination } from './token-destination.js';
import type { ScopedStrategy } from './tool-scopes.js';

/** A client at one token endpoint. */
export interface EndpointParty<S> extends EndpointClient<S> {
  readonly tokenUrl: string;
}

/**
 * Cross-application access (draft-ietf-oauth-identity-assertion-authz-grant): the identity provider gives an assertion about the
 * person for their id_token (RFC 8693), and the backend's own authorization server gives a token for that (RFC 7523).
 */
export interface Xaa<S> extends PartyEgress<S>, TokenDestination, ScopedStrategy {
  readonly type: 'xaa';
  readonly idp: EndpointParty<S>;
  readonly target: EndpointParty<S>;
  /** Issuer of the backend's authorization server: the one `aud` of the assertion. */
  readonly targetAudience: string;
  readonly targetResource?: string;
  /** Whose id_token is shown. Empty: not written, and several could be meant. */
  readonly subjectProviderName: string;
  /** Of each of both requests. */
  readonly timeoutMs: number;
}
