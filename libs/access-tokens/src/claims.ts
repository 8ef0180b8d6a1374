import { z } from 'zod';

/** Claims of a Gatehouse access token (RFC 9068, section 2.2), plus `tsid`, the session it belongs to. */
export const accessTokenClaims = z.looseObject({
  iss: z.string().min(1),
  sub: z.string().min(1),
  aud: z.union([z.string(), z.array(z.string())]),
  exp: z.number(),
  iat: z.number(),
  jti: z.string().min(1),
  client_id: z.string().min(1),
  scope: z.string().optional(),
  tsid: z.uuid().optional(),
  /** RFC 8693, section 4.1: who acts for the subject. */
  act: z.looseObject({ sub: z.string() }).optional(),
});

export type AccessTokenClaims = Readonly<z.output<typeof accessTokenClaims>>;

/** The scopes of a token, from the space-separated `scope` claim. */
export const scopesOf = (claims: AccessTokenClaims): ReadonlySet<string> =>
  new Set(claims.scope?.split(' ').filter(Boolean));
