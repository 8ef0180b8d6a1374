const CREDENTIALS = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

export type PresentedToken =
  | { readonly kind: 'none' }
  /** An `Authorization` header that is not `Bearer <token>`. */
  | { readonly kind: 'malformed' }
  | { readonly kind: 'bearer'; readonly token: string };

/** Reads the `Authorization` header (RFC 6750, section 2.1); a token anywhere else is not looked at. */
export function presentedToken(authorization: string | undefined): PresentedToken {
  if (authorization === undefined) return { kind: 'none' };
  const token = CREDENTIALS.exec(authorization)?.[1];
  return token === undefined ? { kind: 'malformed' } : { kind: 'bearer', token };
}
