import type { IncomingOidc } from '@gatehouse/config/model/incoming-auth';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Secret } from '@gatehouse/kernel/secret';
import { safeFetch } from '@gatehouse/safe-fetch/safe-fetch';
import { z } from 'zod';
import { RemoteKeys, type RemoteKeysOptions } from './remote-keys.client.js';

const metadata = z.looseObject({ issuer: z.string(), jwks_uri: z.url() });
const keySet = z.looseObject({
  keys: z.array(z.looseObject({ kty: z.string(), kid: z.string().exactOptional() })),
});

/** The issuer's server is not ours: a flood of tokens must not become a flood of requests. */
const OPTIONS: RemoteKeysOptions = { paceMs: 5 * SECOND_MS, freshForMs: 10 * MINUTE_MS };
const TIMEOUT_MS = 5 * SECOND_MS;

type Issuer = IncomingOidc<Secret>['oidc'];

/** An external issuer's keys over HTTP(S), found through its metadata (RFC 8414, then OpenID Connect Discovery). */
export const issuerKeys = (issuer: Issuer, options = OPTIONS): RemoteKeys => {
  const document = new IssuerKeysDocument(issuer);
  return new RemoteKeys(async () => await document.fetch(), options);
};

class IssuerKeysDocument {
  constructor(private readonly issuer: Issuer) {}

  async fetch(): Promise<z.output<typeof keySet>['keys']> {
    return keySet.parse(await this.#json(this.issuer.jwksUrl ?? (await this.#discover()))).keys;
  }

  async #discover(): Promise<string> {
    const { origin, pathname } = new URL(this.issuer.issuer);
    const path = pathname === '/' ? '' : pathname;
    const candidates = [
      `${origin}/.well-known/oauth-authorization-server${path}`,
      `${this.issuer.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    ];
    for (const url of candidates) {
      const found = metadata.safeParse(await this.#json(url).catch(() => undefined));
      // RFC 8414, section 3.3: another issuer's metadata is no metadata.
      if (found.success && found.data.issuer === this.issuer.issuer) return found.data.jwks_uri;
    }
    throw new GatehouseError('unavailable', 'the metadata of the issuer cannot be fetched');
  }

  async #json(url: string): Promise<unknown> {
    const response = await safeFetch(
      { url, headers: { accept: 'application/json' } },
      { ...this.issuer, timeoutMs: TIMEOUT_MS },
    );
    if (response.status !== 200) throw new GatehouseError('unavailable', `HTTP status ${response.status}`);
    return JSON.parse(response.body.toString()) as unknown;
  }
}
