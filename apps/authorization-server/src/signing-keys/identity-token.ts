import { compactVerify } from 'jose';
import { z } from 'zod';
import type { SigningKeys } from './signing-keys.js';

const claims = z.looseObject({
  iss: z.string(),
  sub: z.string(),
  aud: z.string(),
  sid: z.string().optional(),
});

type IdentityToken = Readonly<z.output<typeof claims>>;

/** Tokens of ours that are no identity tokens say so. */
const IDENTITY_TOKEN = [undefined, 'JWT'];

/**
 * Reads an identity token that a client brings back (OpenID Connect Core, section 3.1.2.1; RP-Initiated Logout 1.0, section 2). It
 * proves who issued it, and nothing of who shows it. One that has expired counts, and so does one whose key signs no more.
 * @returns `undefined` unless it is an identity token of ours.
 */
export async function readIdentityToken(
  token: string,
  keys: Pick<SigningKeys, 'ofOurs'>,
  issuer: string,
): Promise<IdentityToken | undefined> {
  try {
    const { payload, protectedHeader } = await compactVerify(token, keys.ofOurs);
    const read = claims.parse(JSON.parse(new TextDecoder().decode(payload)));
    return read.iss === issuer && IDENTITY_TOKEN.includes(protectedHeader.typ) ? read : undefined;
  } catch {
    return undefined;
  }
}
