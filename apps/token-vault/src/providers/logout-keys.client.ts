import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '@gatehouse/kernel/clock';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { SingleFlight } from '@gatehouse/kernel/single-flight';
import { Log } from '@gatehouse/observability/log';
import { fetchFunction } from '@gatehouse/safe-fetch/fetch-function';
import { CLOCK } from '@gatehouse/service-process/injected';
import type { JWK } from 'jose';
import { z } from 'zod';
import { isBelievable, isSignedWithSecret } from './id-token.js';
import { keysAsNamed } from './named-keys.js';
import { ProviderMetadataClient } from './provider-metadata.client.js';
import type { Provider } from './provider-registry.js';

/** A key that its provider has withdrawn is good for no longer. */
const FRESH_FOR_MS = 5 * MINUTE_MS;
/** Anybody can send a token that no key fits. The provider is asked no more often than this. */
const REST_MS = MINUTE_MS;
const REST_AFTER_FAILURE_MS = 10 * SECOND_MS;
/** While it cannot be asked, its last keys are used. */
const USED_FOR_MS = HOUR_MS;
const MAX_KEYS = 50;

/** Where the document names no algorithm, it is this one (OpenID Connect Core, section 3.1.3.7, rule 7). */
const DEFAULT_ALGORITHMS = ['RS256'];
/** By published keys: never `none`, and nothing that a public key could be a secret of. */
const ASYMMETRIC = /^(?:RS|PS|ES)(?:256|384|512)$|^EdDSA$|^Ed25519$/;

/** What is no key fits no token. */
const isObject = (key: unknown): boolean => typeof key === 'object' && key !== null;
const keySet = z.object({ keys: z.array(z.custom<JWK>(isObject)) });

interface KnownKeys {
  readonly keys: readonly JWK[];
  readonly fetchedAtMs: number;
}

/** Whether a provider signed a logout token: with the keys and algorithms of its id_tokens. */
@Injectable()
export class LogoutKeys {
  readonly #known = new Map<string, KnownKeys>();
  readonly #restsUntilMs = new Map<string, number>();
  readonly #fetches = new SingleFlight<string, KnownKeys>();

  constructor(
    private readonly metadata: ProviderMetadataClient,
    private readonly log: Log,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws {GatehouseError} `provider_unavailable`, `provider_misconfigured` */
  async signed(provider: Provider, token: string, alg: string): Promise<boolean> {
    if (isSignedWithSecret(provider))
      return alg === 'HS256' && (await isBelievable(provider, token, { issuer: '', keys: [] }));
    if (!ASYMMETRIC.test(alg)) return false;
    const { jwks_uri: uri, id_token_signing_alg_values_supported: announced } =
      await this.metadata.of(provider);
    if (uri === undefined) return false;
    const allowed: readonly unknown[] = Array.isArray(announced) ? announced : DEFAULT_ALGORITHMS;
    if (!allowed.includes(alg)) return false;
    const { keys, fetchedAtMs } = await this.#keys(provider, uri, FRESH_FOR_MS);
    if (await fits(token, keys)) return true;
    // Providers change keys at any time.
    const newer = await this.#keys(provider, uri, REST_MS);
    return newer.fetchedAtMs > fetchedAtMs && (await fits(token, newer.keys));
  }

  async #keys(provider: Provider, uri: string, maxAgeMs: number): Promise<KnownKeys> {
    const { name } = provider;
    const nowMs = this.clock.nowMs();
    const known = this.#known.get(name);
    if (known !== undefined && nowMs - known.fetchedAtMs < maxAgeMs) return known;
    if (nowMs < (this.#restsUntilMs.get(name) ?? 0)) return this.#usable(name, known);
    try {
      return await this.#fetches.run(name, () => this.#fetched(provider, uri));
    } catch (error) {
      this.#restsUntilMs.set(name, this.clock.nowMs() + REST_AFTER_FAILURE_MS);
      this.log.failure('provider-keys-not-fetched', error, { provider: name });
      return this.#usable(name, known);
    }
  }

  async #fetched(provider: Provider, uri: string): Promise<KnownKeys> {
    const response = await fetchFunction(provider)(uri, {
      method: 'GET',
      headers: { accept: 'application/json' },
    });
    if (response.status !== 200) throw new Error(`the key set was answered with status ${response.status}`);
    const { keys } = keySet.parse(await response.json());
    const known = { keys: keys.slice(0, MAX_KEYS), fetchedAtMs: this.clock.nowMs() };
    this.#known.set(provider.name, known);
    return known;
  }

  #usable(name: string, known: KnownKeys | undefined): KnownKeys {
    if (known !== undefined && this.clock.nowMs() - known.fetchedAtMs < USED_FOR_MS) return known;
    throw new GatehouseError('provider_unavailable', `the keys of ${name} cannot be fetched`, {
      details: { provider: name },
    });
  }
}

const fits = async (token: string, keys: readonly JWK[]): Promise<boolean> =>
  (await keysAsNamed(token, keys)) !== undefined;
