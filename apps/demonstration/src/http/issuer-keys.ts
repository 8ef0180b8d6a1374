import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';

/** The issuer's keys cannot be fetched: nothing is known about the token. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

const TIMEOUT_MS = 5_000;

/** The published keys at a fixed address, cached and fetched again for an unknown key id. */
export function keysAt(jwksUrl: string): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: TIMEOUT_MS, cooldownDuration: 5_000 });
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
        throw error;
      throw new KeysUnavailable(`the keys at ${jwksUrl} cannot be fetched`, { cause: error });
    }
  };
}

/** The published keys of an issuer known by its identifier only; its metadata is fetched when the first token comes. */
export function keysOf(issuer: string): JWTVerifyGetKey {
  let found: JWTVerifyGetKey | undefined;
  return async (header, token) => {
    found ??= keysAt(await discoverJwksUrl(issuer));
    return found(header, token);
  };
}

/** RFC 8414, section 3.1 first; then OpenID Connect Discovery 1.0, section 4. */
async function discoverJwksUrl(issuer: string): Promise<string> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname === '/' ? '' : pathname;
  const addresses = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${issuer}/.well-known/openid-configuration`,
  ];
  for (const address of addresses) {
    const metadata = await fetchMetadata(address);
    if (metadata?.issuer === issuer && typeof metadata.jwks_uri === 'string') return metadata.jwks_uri;
  }
  throw new KeysUnavailable(`${issuer} publishes no usable metadata`);
}

async function fetchMetadata(address: string): Promise<{ issuer?: unknown; jwks_uri?: unknown } | undefined> {
  try {
    const response = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) return undefined;
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null ? body : undefined;
  } catch {
    return undefined; // the next address may do better
  }
}
