import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '@gatehouse/kernel/clock';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { KeptAnswers } from '@gatehouse/kernel/kept-answers';
import { Log } from '@gatehouse/observability/log';
import { fetchFunction } from '@gatehouse/safe-fetch/fetch-function';
import { CLOCK } from '@gatehouse/service-process/injected';
import type { JWK } from 'jose';
import { z } from 'zod';
import { isBelievable, isSignedWithSecret } from './id-token.js';
import { keysAsNamed } from './named-keys.js';
import { ProviderMetadataClient } from './provider-metadata.client.js';
import type { Provider } from './provider-registry.js';

const TIMES = {
  /** A key that its provider has withdrawn is good for no longer. */
  freshForMs: 5 * MINUTE_MS,
  usedForMs: HOUR_MS,
  /** Anybody can send a token that no key fits. */
  restMs: MINUTE_MS,
  restAfterFailureMs: 10 * SECOND_MS,
};
const MAX_KEYS = 50;

/** Where the document names no algorithm, it is this one (OpenID Connect Core, section 3.1.3.7, rule 7). */
const DEFAULT_ALGORITHMS = ['RS256'];
/** By published keys: never `none`, and nothing that a public key could be a secret of. */
const ASYMMETRIC = /^(?:RS|PS|ES)(?:256|384|512)$|^EdDSA$|^Ed25519$/;

/** What is no key fits no token. */
const isObject = (key: unknown): boolean => typeof key === 'object' && key !== null;
const keySet = z.object({ keys: z.array(z.custom<JWK>(isObject)) });

/** Whether a provider signed a logout token: with the keys and algorithms of its id_tokens. */
@Injectable()
export class LogoutKeys {
  readonly #kept: KeptAnswers<readonly JWK[]>;

  constructor(
    private readonly metadata: ProviderMetadataClient,
    log: Log,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.#kept = new KeptAnswers(clock, TIMES, (error, provider) =>
      log.failure('provider-keys-not-fetched', error, { provider }),
    );
  }

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
    const ask = async (): Promise<readonly JWK[]> => await fetched(provider, uri);
    try {
      const known = await this.#kept.of(provider.name, ask);
      if (await fits(token, known.value)) return true;
      // Providers change keys at any time.
      const newer = await this.#kept.newerThan(provider.name, known, ask);
      return newer !== undefined && (await fits(token, newer.value));
    } catch (cause) {
      const { name } = provider;
      throw new GatehouseError('provider_unavailable', `the keys of ${name} cannot be fetched`, {
        details: { provider: name },
        cause,
      });
    }
  }
}

async function fetched(provider: Provider, uri: string): Promise<readonly JWK[]> {
  const response = await fetchFunction(provider)(uri, {
    method: 'GET',
    headers: { accept: 'application/json' },
  });
  if (response.status !== 200) throw new Error(`the key set was answered with status ${response.status}`);
  return keySet.parse(await response.json()).keys.slice(0, MAX_KEYS);
}

const fits = async (token: string, keys: readonly JWK[]): Promise<boolean> =>
  (await keysAsNamed(token, keys)) !== undefined;
