import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';
import { createHash } from 'node:crypto';
import { z } from 'zod';

/** What proofs of possession are signed with, at every endpoint. */
export const PROOF_ALGORITHMS: readonly string[] = ['ES256', 'Ed25519', 'EdDSA'];

/** A proof is made for one request, so it is new, as far as clocks agree (RFC 9449, section 11.1). */
const PROOF_WINDOW_MS = MINUTE_MS;
/** Of a key of 256 bits. Whoever sends more wants to be read for long. */
const MAX_CHARACTERS = 4_096;

const claimsOfProof = z.looseObject({
  jti: z.string().min(1).max(512),
  htm: z.string(),
  htu: z.string(),
  iat: z.number(),
  ath: z.string(),
  nonce: z.string().max(512).optional(),
});

/** What a proof has to be for. */
export interface ProvenRequest {
  readonly method: string;
  /** Of the endpoint, as the configuration names it: what a request says of its host counts for nothing. */
  readonly url: string;
  readonly token: string;
  /** Thumbprint of the key that the token is bound to (RFC 7638). */
  readonly boundTo: string;
}

export interface DpopProof {
  readonly jti: string;
  readonly nonce?: string | undefined;
}

/** @returns `undefined` for what is no proof of this request (RFC 9449, section 4.3). */
export async function proofOf(
  proof: unknown,
  { method, url, token, boundTo }: ProvenRequest,
  nowMs: number,
): Promise<DpopProof | undefined> {
  if (typeof proof !== 'string' || proof.length > MAX_CHARACTERS) return undefined;
  try {
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      algorithms: [...PROOF_ALGORITHMS],
      typ: 'dpop+jwt',
    });
    const { jwk } = protectedHeader;
    const claims = claimsOfProof.parse(payload);
    const isForThis =
      claims.htm === method &&
      placeOf(claims.htu) === placeOf(url) &&
      Math.abs(nowMs - claims.iat * SECOND_MS) <= PROOF_WINDOW_MS &&
      claims.ath === createHash('sha256').update(token).digest('base64url') &&
      jwk !== undefined &&
      (await calculateJwkThumbprint(jwk)) === boundTo;
    return isForThis ? { jti: claims.jti, nonce: claims.nonce } : undefined;
  } catch {
    return undefined;
  }
}

/** Without query and fragment, as the parser writes it (RFC 3986, section 6.2.2); no two endpoints differ by a final slash. */
function placeOf(url: string): string | undefined {
  const { origin, pathname } = URL.parse(url) ?? {};
  return origin === undefined || pathname === undefined ? undefined : origin + pathname.replace(/\/$/, '');
}
