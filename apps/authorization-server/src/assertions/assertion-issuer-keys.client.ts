import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { Clock } from '@gatehouse/kernel/clock';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { SingleFlight } from '@gatehouse/kernel/single-flight';
import { Log } from '@gatehouse/observability/log';
import { safeFetch } from '@gatehouse/safe-fetch/safe-fetch';
import { CLOCK } from '@gatehouse/service-process/injected';
import type { JWK } from 'jose';
import { z } from 'zod';

/** A key that its issuer has withdrawn is good for no longer. */
const FRESH_FOR_MS = 5 * MINUTE_MS;
/** A client can send an assertion that no key fits. The issuer is asked no more often than this. */
const REST_MS = 10 * SECOND_MS;
/** While it cannot be asked, its last keys are used. */
const USED_FOR_MS = HOUR_MS;
const TIMEOUT_MS = 5 * SECOND_MS;
const MAX_KEYS = 50;

const metadata = z.looseObject({ issuer: z.string(), jwks_uri: z.url() });
const isObject = (key: unknown): boolean => typeof key === 'object' && key !== null;
const keySet = z.object({ keys: z.array(z.custom<JWK>(isObject)) });

export type AssertionIssuer = AuthorizationServerPart['assertionIssuers'][number];

export interface KnownKeys {
  readonly keys: readonly JWK[];
  readonly fetchedAtMs: number;
}

/** Public keys of the issuers whose assertions are believed. */
@Injectable()
export class AssertionIssuerKeys {
  readonly #known = new Map<string, KnownKeys>();
  readonly #restsUntilMs = new Map<string, number>();
  readonly #fetches = new SingleFlight<string, KnownKeys>();

  constructor(
    private readonly log: Log,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws {GatehouseError} `unavailable` when there are none to verify with. */
  async of(issuer: AssertionIssuer): Promise<KnownKeys> {
    const known = this.#known.get(issuer.issuer);
    if (known !== undefined && this.#ageMs(known) < FRESH_FOR_MS) return known;
    return await this.#asked(issuer).catch((error: unknown) => {
      if (known !== undefined && this.#ageMs(known) < USED_FOR_MS) return known;
      throw unavailable(error);
    });
  }

  /**
   * Issuers change keys at any time.
   * @returns `undefined` when they were fetched a moment ago.
   * @throws {GatehouseError} `unavailable`: there may be others, so that nothing is wrong yet.
   */
  async newerThan(issuer: AssertionIssuer, known: KnownKeys): Promise<KnownKeys | undefined> {
    if (this.#ageMs(known) < REST_MS) return undefined;
    return await this.#asked(issuer).catch((error: unknown) => {
      throw unavailable(error);
    });
  }

  #ageMs({ fetchedAtMs }: KnownKeys): number {
    return this.clock.nowMs() - fetchedAtMs;
  }

  async #asked(issuer: AssertionIssuer): Promise<KnownKeys> {
    const { issuer: name } = issuer;
    if (this.clock.nowMs() < (this.#restsUntilMs.get(name) ?? 0))
      throw new Error('the issuer was asked a moment ago, in vain');
    try {
      return await this.#fetches.run(name, async () => await this.#fetched(issuer));
    } catch (error) {
      this.#restsUntilMs.set(name, this.clock.nowMs() + REST_MS);
      this.log.failure('assertion-keys-not-fetched', error, { issuer: name });
      throw error;
    }
  }

  async #fetched(issuer: AssertionIssuer): Promise<KnownKeys> {
    const { keys } = keySet.parse(await json(issuer, issuer.jwksUrl ?? (await discovered(issuer))));
    const known = { keys: keys.slice(0, MAX_KEYS), fetchedAtMs: this.clock.nowMs() };
    this.#known.set(issuer.issuer, known);
    return known;
  }
}

const unavailable = (cause: unknown): GatehouseError =>
  new GatehouseError('unavailable', 'the keys of an issuer of assertions cannot be fetched', { cause });

/** RFC 8414, section 3.1, and OpenID Connect Discovery, section 4. */
async function discovered(issuer: AssertionIssuer): Promise<string> {
  const { origin, pathname } = new URL(issuer.issuer);
  const path = pathname === '/' ? '' : pathname;
  const candidates = [
    `${issuer.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ];
  for (const url of candidates) {
    const found = metadata.safeParse(await json(issuer, url).catch(() => undefined));
    // RFC 8414, section 3.3: another issuer's metadata is no metadata.
    if (found.success && found.data.issuer === issuer.issuer) return found.data.jwks_uri;
  }
  throw new Error('the metadata of the issuer cannot be fetched, or names another issuer');
}

async function json(issuer: AssertionIssuer, url: string): Promise<unknown> {
  const { status, body } = await safeFetch(
    { url, headers: { accept: 'application/json' } },
    { ...issuer, timeoutMs: TIMEOUT_MS },
  );
  if (status !== 200) throw new Error(`the answer has status ${status}`);
  return JSON.parse(body.toString()) as unknown;
}
