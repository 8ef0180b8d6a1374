export const ENDPOINT_AUTH_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
] as const;

/** How the gateway proves itself as a client at the token endpoint of a strategy (RFC 6749 section 2.3, RFC 7523 section 2.2). */
export interface EndpointClient<S> {
  readonly clientId?: string;
  /** Absent, and no key: a public client. */
  readonly clientSecret?: S;
  /** PEM. */
  readonly clientKey?: S;
  /** PEM, of that key; assertions name it (RFC 7515 section 4.1.8). */
  readonly clientCertificate?: S;
  /** The `kid` of assertions. */
  readonly clientKeyId?: string;
  /** What assertions name as `aud`; absent: the token endpoint. */
  readonly clientAssertionAudience?: string;
  readonly tokenEndpointAuthMethod: (typeof ENDPOINT_AUTH_METHODS)[number];
}
