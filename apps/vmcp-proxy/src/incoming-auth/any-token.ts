import type { IntrospectedTokens } from './introspected-tokens.client.js';
import type { Principal } from './principal.js';
import type { TokenVerifier } from './token-verifier.js';

/** Three parts, the first of which begins a JSON object (RFC 7515, section 7.1). */
const JWT = /^eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*$/;

/**
 * A JWT is verified by its signature, every other token by asking. One that does not verify is never asked about: a claim in it
 * that somebody changed must not be read, and a token of another issuer is not to be shown to this one.
 */
export class AnyToken implements Pick<TokenVerifier, 'verify'> {
  constructor(
    private readonly signed: Pick<TokenVerifier, 'verify'>,
    private readonly opaque: Pick<IntrospectedTokens, 'verify'>,
  ) {}

  verify(token: string, audience: string): Principal | Promise<Principal> {
    return JWT.test(token) ? this.signed.verify(token, audience) : this.opaque.verify(token, audience);
  }
}
