import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { Secret } from '@gatehouse/kernel/secret';
import type { EgressRules } from '@gatehouse/safe-fetch/egress-rules';
import { safeFetch } from '@gatehouse/safe-fetch/safe-fetch';
import type { JWK } from 'jose';
import { z } from 'zod';

/** Whose keys are fetched, and under which rules. */
export interface KeyIssuer extends EgressRules {
  readonly issuer: string;
  /** Absent: its metadata names it. */
  readonly jwksUrl?: string;
  /** Sent as a bearer token with each request, where keys are not public. */
  readonly credential?: Secret;
}

const TIMEOUT_MS = 5 * SECOND_MS;

const metadata = z.looseObject({ issuer: z.string(), jwks_uri: z.url() });
const keySet = z.looseObject({ keys: z.array(z.unknown()) });
const key = z.looseObject({ kty: z.string(), kid: z.string().exactOptional() });

/**
 * The public keys of an issuer, found through its metadata (RFC 8414, then OpenID Connect Discovery) where nothing else is configured.
 * @throws when they cannot be fetched, or what is there is no key set.
 */
export async function fetchIssuerKeys(issuer: KeyIssuer): Promise<readonly (JWK & { kty: string })[]> {
  const { keys } = keySet.parse(await json(issuer, issuer.jwksUrl ?? (await discovered(issuer))));
  // One that cannot be read costs only itself.
  const readable = keys.flatMap((one) => key.safeParse(one).data ?? []);
  if (keys.length > 0 && readable.length === 0) throw new Error('none of its keys can be read');
  return readable;
}

async function discovered(issuer: KeyIssuer): Promise<string> {
  const { origin, pathname } = new URL(issuer.issuer);
  const path = pathname === '/' ? '' : pathname;
  const candidates = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${issuer.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
  ];
  for (const url of candidates) {
    const found = metadata.safeParse(await json(issuer, url).catch(() => undefined));
    // RFC 8414, section 3.3: another issuer's metadata is no metadata.
    if (found.success && found.data.issuer === issuer.issuer) return found.data.jwks_uri;
  }
  throw new Error('the metadata of the issuer cannot be fetched, or names another issuer');
}

async function json(issuer: KeyIssuer, url: string): Promise<unknown> {
  const { status, body } = await safeFetch(
    {
      url,
      headers: {
        accept: 'application/json',
        ...(issuer.credential === undefined ? {} : { authorization: `Bearer ${issuer.credential.reveal()}` }),
      },
    },
    { ...issuer, timeoutMs: TIMEOUT_MS },
  );
  if (status !== 200) throw new Error(`the answer has status ${status}`);
  return JSON.parse(body.toString()) as unknown;
}
