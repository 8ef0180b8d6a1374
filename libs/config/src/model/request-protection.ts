/** What clients have to prove beyond the possession of a code or a token. */
export interface RequestProtection {
  /** `fapi2`: every client keeps to the FAPI 2.0 Security Profile. */
  readonly securityProfile: 'none' | 'fapi2';
  /** RFC 9126, of every client. One client may be held to it by itself. */
  readonly pushedAuthorizationRequests: 'required' | 'optional';
  readonly dpop: DpopRules;
}

/** RFC 9449. */
export interface DpopRules {
  /** `required`: no token is issued or accepted that is not bound to a key. */
  readonly boundAccessTokens: 'required' | 'optional';
  /** `required`: a proof without a nonce of the server's is refused. */
  readonly nonces: 'required' | 'optional';
}

/** How long a code lives at most under FAPI 2.0 (section 5.3.2.1). */
export const FAPI2_CODE_LIFESPAN_MS = 60_000;
