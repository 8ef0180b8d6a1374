/** The subject of a verified credential, as far as the credential names one. */
export interface Principal {
  readonly credential: 'opaque-token' | 'jwt' | 'api-key' | 'none';
  readonly issuer: string | null;
  readonly subject: string | null;
  readonly audience: string | null;
  readonly scopes: readonly string[];
  /** The party that acts for the subject (RFC 8693, section 4.1). */
  readonly actor: string | null;
}

/** What an endpoint makes of a request's credential. */
export type Verdict =
  | { readonly kind: 'accepted'; readonly principal: Principal }
  | { readonly kind: 'refused'; readonly challenge: string }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** The principal of a credential that says nothing about a person. */
export const nobody = (credential: Principal['credential']): Principal => ({
  credential,
  issuer: null,
  subject: null,
  audience: null,
  scopes: [],
  actor: null,
});

export const splitScope = (scope: unknown): readonly string[] =>
  typeof scope === 'string' && scope !== '' ? scope.split(' ') : [];
