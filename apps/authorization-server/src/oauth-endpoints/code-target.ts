import { errors } from 'oidc-provider';

export interface Target {
  /** The parameter `resource` of the token request. */
  readonly asked: unknown;
  /** What the code was given for. */
  readonly granted: unknown;
  /** Every resource that tokens are issued for. */
  readonly configured: readonly string[];
}

/**
 * The library uses a code up and looks at the resource then, so that a client which named a wrong one could not repeat its
 * request. RFC 6749, section 4.1.2, counts uses, and a refused request is none. So this runs before the use, and after the
 * checks of client, verifier and redirect URI. A code that was used already never comes here: whoever presents one with its
 * verifier ends what came of it (RFC 6749, section 4.1.2; OAuth 2.1, section 4.1.3), and whoever cannot present the verifier, or is
 * another client, does not (RFC 9700, section 2.1.1): a stolen code alone signs nobody out.
 * @throws {errors.InvalidTarget} RFC 8707, section 2.2
 */
export function checkTarget({ asked, granted, configured }: Target): void {
  const wanted = new Set([asked ?? granted].flat());
  const [one] = wanted;
  if (wanted.size !== 1) throw new errors.InvalidTarget('only one resource can be requested');
  if (typeof one !== 'string' || ![granted].flat().includes(one) || !configured.includes(one))
    throw new errors.InvalidTarget('the code was given for another resource');
}
