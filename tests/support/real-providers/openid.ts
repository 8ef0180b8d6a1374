import type { ClientAtProvider } from './real-provider.js';

export interface Discovered {
  readonly token_endpoint: string;
  readonly userinfo_endpoint: string;
  readonly jwks_uri: string;
  readonly revocation_endpoint?: string;
}

type Claims = Readonly<Record<string, unknown>>;

export async function discovered(issuer: string): Promise<Discovered> {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  if (!response.ok) throw new Error(`${issuer}: discovery answered ${response.status}`);
  return (await response.json()) as Discovered;
}

/** The ids of the keys that the provider publishes. */
export async function keyIds(issuer: string): Promise<readonly string[]> {
  const response = await fetch((await discovered(issuer)).jwks_uri);
  return ((await response.json()) as { keys: readonly { kid: string }[] }).keys.map(({ kid }) => kid);
}

/** @returns `undefined`: the provider does not take the token. */
export async function userInfo(issuer: string, accessToken: string): Promise<Claims | undefined> {
  const { userinfo_endpoint: endpoint } = await discovered(issuer);
  const response = await fetch(endpoint, { headers: { authorization: `Bearer ${accessToken}` } });
  if (response.ok) return (await response.json()) as Claims;
  await response.arrayBuffer();
  return undefined;
}

/** Redeems a refresh token as its client would (RFC 6749 section 6), without Gatehouse. */
export async function redeemed(
  issuer: string,
  { clientId, clientSecret }: ClientAtProvider,
  refreshToken: string,
): Promise<{ readonly status: number; readonly error?: string }> {
  const { token_endpoint: endpoint } = await discovered(issuer);
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken }),
  });
  const { error } = (await response.json()) as { error?: string };
  return { status: response.status, ...(error === undefined ? {} : { error }) };
}

/** The key that signed a JWT. */
export function signedWith(jwt: string): string | undefined {
  const [header = ''] = jwt.split('.');
  return (JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid?: string }).kid;
}
