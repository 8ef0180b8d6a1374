import { AllowedOrigins } from '@gatehouse/config/urls/allowed-origins';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';

/** Longer than any preflight has to be asked again within one sign-in. */
const PREFLIGHT_MAX_AGE_SECONDS = 3_600;

export type CorsSettings = Pick<AuthorizationServerPart, 'issuer' | 'publicUrl' | 'allowedOrigins'>;

/**
 * CORS of the endpoints whose responses carry secrets: registration, tokens, revocation. They answer the pages of allowed
 * origins only, never with cookies, and never with the wildcard. What a page of another origin sends is answered as to any
 * program, and its browser keeps the response from it.
 */
export class Cors {
  readonly #origins: AllowedOrigins;

  constructor({ issuer, publicUrl, allowedOrigins }: CorsSettings) {
    this.#origins = new AllowedOrigins([issuer, publicUrl], allowedOrigins);
  }

  allows(origin: string | undefined): origin is string {
    return origin !== undefined && this.#origins.allow(origin);
  }

  /** Of a response. A client has to see how long to wait, and which authorization it lacks. */
  headers(origin: string | undefined): Readonly<Record<string, string>> {
    if (!this.allows(origin)) return { vary: 'Origin' };
    return {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'retry-after, www-authenticate, dpop-nonce',
      vary: 'Origin',
    };
  }

  /** Of the response to a preflight. @param methods that the endpoint has, by commas. */
  preflight(origin: string, methods: string): Readonly<Record<string, string>> {
    return {
      ...this.headers(origin),
      'access-control-allow-methods': methods,
      'access-control-allow-headers': 'content-type, authorization, mcp-protocol-version, dpop',
      'access-control-max-age': String(PREFLIGHT_MAX_AGE_SECONDS),
    };
  }
}
