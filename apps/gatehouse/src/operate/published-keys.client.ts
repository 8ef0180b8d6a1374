import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import { safeFetch } from '@gatehouse/safe-fetch/safe-fetch';
import { z } from 'zod';
import { reasonOf } from '../reason.js';
import { shownText } from '../shown-text.js';

/** The signing keys as clients and backends see them (RFC 7517), in the order of the server. */
export type PublishedKeys =
  | { readonly ok: true; readonly keys: readonly { readonly kid: string; readonly alg: string }[] }
  | { readonly ok: false; readonly why: string };

const TIMEOUT_MS = 6_000;

const metadata = z.object({ jwks_uri: z.url() });
/** Of each key two members, and never more of one that is not what it should be. */
const keySet = z.object({ keys: z.array(z.object({ kid: z.string(), alg: z.string() })).max(100) });

export async function publishedKeys({ authServer }: GatehouseModel): Promise<PublishedKeys> {
  const issuer = authServer?.issuer ?? '';
  try {
    const { origin, pathname } = new URL(issuer);
    // RFC 8414 section 3.1: between the host and the path.
    const wellKnown = `${origin}/.well-known/oauth-authorization-server${pathname === '/' ? '' : pathname}`;
    const { jwks_uri: place } = metadata.parse(await documentAt(wellKnown));
    const { keys } = keySet.parse(await documentAt(place));
    return { ok: true, keys: keys.map(({ kid, alg }) => ({ kid: shownText(kid), alg: shownText(alg) })) };
  } catch (error) {
    const why =
      error instanceof z.ZodError || error instanceof SyntaxError ? 'no keys are there' : reasonOf(error);
    return { ok: false, why: `${issuer}: ${shownText(why)}` };
  }
}

async function documentAt(url: string): Promise<unknown> {
  const { body } = await safeFetch(
    { url, headers: { accept: 'application/json' } },
    // One's own server, which may well be on this machine.
    { allowPrivateIps: true, insecureAllowHttp: true, timeoutMs: TIMEOUT_MS },
  );
  return JSON.parse(body.toString('utf8'));
}
