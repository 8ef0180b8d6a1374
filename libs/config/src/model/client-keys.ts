/** What clients may sign assertions and request objects with. Each needs a key of the client's own (RFC 8725, section 3.1). */
export const CLIENT_SIGNING_ALGORITHMS = ['PS256', 'ES256', 'Ed25519', 'EdDSA', 'RS256', 'ES384'] as const;
type ClientSigningAlgorithm = (typeof CLIENT_SIGNING_ALGORITHMS)[number];

/** Those of FAPI 2.0 (section 5.4.1). */
export const FAPI2_SIGNING_ALGORITHMS: readonly string[] = ['PS256', 'ES256', 'Ed25519', 'EdDSA'];

/** A public key of a client's (RFC 7517): it has no member for a private one. */
export interface PublicJwk {
  readonly kty: 'EC' | 'OKP' | 'RSA';
  readonly kid?: string;
  readonly alg?: ClientSigningAlgorithm;
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  readonly n?: string;
  readonly e?: string;
  /** Its certificate, as base64 of the DER; of a client that authenticates by it. */
  readonly x5c?: readonly string[];
}

/** How a pre-registered client proves who it is and what it asks for, beside a secret. */
export interface ClientProofs {
  /** `private_key_jwt` (RFC 7523). */
  readonly jwks?: readonly PublicJwk[];
  /** The same, from where the client publishes its keys. */
  readonly jwksUri?: string;
  readonly tokenEndpointAuthSigningAlg?: ClientSigningAlgorithm;
  readonly requirePushedAuthorizationRequests?: boolean;
  readonly requireSignedRequestObject?: boolean;
  readonly dpopBoundAccessTokens?: boolean;
  /** `self_signed_tls_client_auth` (RFC 8705, section 2.2): its keys are certificates. */
  readonly selfSignedTlsClientAuth?: boolean;
  /** `tls_client_auth` (RFC 8705, section 2.1). */
  readonly tlsClientAuth?: TlsSubject;
  /** RFC 8705, section 3.4. */
  readonly tlsClientCertificateBoundAccessTokens?: boolean;
  /** `optional`: a client that authenticates may leave it out. */
  readonly pkce?: 'required' | 'optional';
}

/** Whom the certificate of a client names (RFC 8705, section 2.1.2): one of these. */
export interface TlsSubject {
  /** RFC 4514. */
  readonly subjectDn?: string;
  readonly sanDns?: string;
  readonly sanUri?: string;
  readonly sanIp?: string;
  readonly sanEmail?: string;
}

/** Whether a client of the configuration proves who it is. */
export const authenticates = ({
  clientSecret,
  jwks,
  jwksUri,
  tlsClientAuth,
}: Pick<ClientProofs, 'jwks' | 'jwksUri' | 'tlsClientAuth'> & { readonly clientSecret?: unknown }): boolean =>
  (clientSecret ?? jwks ?? jwksUri ?? tlsClientAuth) !== undefined;
