import { createHash, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { modern, type ClientAnswer } from '../client.fixture.js';
import { AUDIENCE } from '../proxy.fixture.js';

type Claims = Readonly<Record<string, unknown>>;

/** A key of a caller's. */
export interface Key {
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
  readonly thumbprint: string;
}

export async function newKey(): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(publicKey);
  return { privateKey, jwk, thumbprint: await calculateJwkThumbprint(jwk) };
}

export const nowSeconds = (): number => Math.floor(Date.now() / 1_000);
export const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

/** A proof of possession for a call at the gateway's endpoint (RFC 9449, section 4.2). */
export async function proofFor(
  token: string,
  by: Key,
  change: Claims = {},
  header: Claims = {},
): Promise<string> {
  const claims = { htm: 'POST', htu: AUDIENCE, jti: randomUUID(), iat: nowSeconds(), ath: hashOf(token) };
  return await new SignJWT({ ...claims, ...change })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: by.jwk, ...header })
    .sign(by.privateKey);
}

/** Calls a tool with a token and a proof. */
export const call = async (
  mcpUrl: string,
  proof: string | undefined,
  token: string,
  scheme = 'DPoP',
): Promise<ClientAnswer> =>
  await modern(
    mcpUrl,
    'tools/call',
    { name: 'one_echo', arguments: {} },
    { headers: { authorization: `${scheme} ${token}`, ...(proof === undefined ? {} : { dpop: proof }) } },
  );

export const challengeOf = ({ headers }: ClientAnswer): string => headers.get('www-authenticate') ?? '';
