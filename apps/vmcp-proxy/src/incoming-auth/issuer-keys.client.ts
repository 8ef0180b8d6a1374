import type { IncomingOidc } from '@gatehouse/config/model';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { safeFetch } from '@gatehouse/safe-fetch/safe-fetch';
import { createLocalJWKSet, type CryptoKey, type JWTHeaderParameters, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';

const metadata = z.looseObject({ issuer: z.string(), jwks_uri: z.url() });
const keySet = z.looseObject({
  keys: z.array(z.looseObject({ kty: z.string(), kid: z.string().exactOptional() })),
});

const REFETCH_AT_MOST_EVERY_MS = 10 * SECOND_MS;
const FETCH_ANYWAY_AFTER_MS = 10 * MINUTE_MS;
const TIMEOUT_MS = 5 * SECOND_MS;

type KeySet = ReturnType<typeof createLocalJWKSet>;

/** An external issuer's keys over HTTP(S), found through its metadata (RFC 8414, then OpenID Connect Discovery). */
export class IssuerKeys {
  #keys: KeySet | undefined;
  #ids: ReadonlySet<string | undefined> = new Set();
  #fetchedAtMs = 0;
  #askedAtMs = 0;
  #fetching: Promise<void> | undefined;
  #failed = false;

  constructor(private readonly issuer: IncomingOidc['oidc']) {}

  readonly getKey: JWTVerifyGetKey = async (header: JWTHeaderParameters): Promise<CryptoKey> => {
    const nowMs = Date.now();
    const known = this.#ids.has(header.kid) && nowMs - this.#fetchedAtMs < FETCH_ANYWAY_AFTER_MS;
    if (!known && nowMs - this.#askedAtMs >= REFETCH_AT_MOST_EVERY_MS) this.#askAgain(nowMs);
    // Keys that are known keep working while the issuer is away.
    await this.#fetching?.catch(() => undefined);
    if (this.#keys === undefined)
      throw new GatehouseError('unavailable', 'the keys of the issuer cannot be fetched');
    if (this.#failed && !this.#ids.has(header.kid))
      throw new GatehouseError(
        'unavailable',
        'the keys of the issuer may have changed and cannot be fetched',
      );
    return await this.#keys(header);
  };

  #askAgain(nowMs: number): void {
    this.#askedAtMs = nowMs;
    this.#fetching = this.#fetch().finally(() => (this.#fetching = undefined));
    this.#fetching.catch(() => undefined);
  }

  async #fetch(): Promise<void> {
    this.#failed = true;
    const { keys } = keySet.parse(await this.#json(this.issuer.jwksUrl ?? (await this.#discover())));
    this.#keys = createLocalJWKSet({ keys });
    this.#ids = new Set(keys.map(({ kid }) => kid));
    this.#fetchedAtMs = Date.now();
    this.#failed = false;
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
    const { allowPrivateIps, insecureAllowHttp } = this.issuer;
    const response = await safeFetch(
      { url, headers: { accept: 'application/json' } },
      { allowPrivateIps, insecureAllowHttp, timeoutMs: TIMEOUT_MS },
    );
    if (response.status !== 200) throw new GatehouseError('unavailable', `HTTP status ${response.status}`);
    return JSON.parse(response.body.toString()) as unknown;
  }
}
