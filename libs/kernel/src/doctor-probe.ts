/** With it the doctor marks a request to a public URL, so that it can ask inside how the request arrived: 32 random bytes in base64url. */
export const PROBE_HEADER = 'gatehouse-doctor';

/** The caller that the doctor’s request claims to come from: an address of nobody (RFC 5737). */
export const CLAIMED_CALLER = '192.0.2.77';

/** How a marked request arrived, on `/status` of the authorization server’s internal listener. Nothing of it is an address. */
export interface ArrivedProbe {
  /** `as_sent`: whoever stands in front added nothing. `changed`: it added or replaced what was there. */
  readonly forwardedFor: 'none' | 'as_sent' | 'changed';
  /** Whether the last sender is one of `authServer.trustedProxies`. */
  readonly believed: boolean;
}
