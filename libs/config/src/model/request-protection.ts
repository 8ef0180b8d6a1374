/** What clients have to prove beyond the possession of a code or a token. */
export interface RequestProtection<S> {
  /** `fapi2`: every client keeps to the FAPI 2.0 Security Profile. */
  readonly securityProfile: 'none' | 'fapi2';
  /** RFC 9126, of every client. One client may be held to it by itself. */
  readonly pushedAuthorizationRequests: 'required' | 'optional';
  readonly dpop: DpopRules;
  /** Absent: no certificate of a client is looked at. */
  readonly mtls?: MtlsRules<S>;
}

/** Certificates of clients (RFC 8705). */
interface MtlsRules<S> extends CertificateHeader {
  /** PEM, of those that issue clients' certificates. Absent: clients have certificates of their own alone. */
  readonly certificateAuthorities?: S;
  /** Where clients reach the authorization server with their certificates; absent: as without. */
  readonly endpointAliasBaseUrl?: string;
}

/** How a reverse proxy passes on the certificate that it was shown. */
export interface CertificateHeader {
  /** In small letters. */
  readonly header: string;
  readonly encoding: (typeof CERTIFICATE_ENCODINGS)[number];
}

export const CERTIFICATE_ENCODINGS = ['rfc9440', 'escapedPem'] as const;

/** RFC 9449. */
export interface DpopRules {
  /** `required`: no token is issued or accepted that is not bound to a key. */
  readonly boundAccessTokens: 'required' | 'optional';
  /** `required`: a proof without a nonce of the server's is refused. */
  readonly nonces: 'required' | 'optional';
}

/** How long a code lives at most under FAPI 2.0 (section 5.3.2.1). */
export const FAPI2_CODE_LIFESPAN_MS = 60_000;
