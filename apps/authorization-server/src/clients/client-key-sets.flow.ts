import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { Clock } from '@gatehouse/kernel/clock';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { RecentMap } from '@gatehouse/kernel/recent-map';
import { SingleFlight } from '@gatehouse/kernel/single-flight';
import { Log } from '@gatehouse/observability/log';
import { fetchFunction, type FetchFunction } from '@gatehouse/safe-fetch/fetch-function';
import { CLOCK, CONFIG } from '@gatehouse/service-process/injected';
import { usableKeySet } from './client-keys.js';

/** A key that its client has withdrawn is good for no longer, and a new one is not known before. */
const FRESH_FOR_MS = MINUTE_MS;
/** A host that does not answer is asked no more often, however many requests name it. */
const FAILED_FOR_MS = 10 * SECOND_MS;
/** While its host does not answer, a client goes on with the keys that it had. */
const USED_FOR_MS = HOUR_MS;
const MAX_SETS = 1_000;
/** Anybody can register a client, and with it a host that answers slowly. */
const MAX_FETCHES = 20;
const TIMEOUT_MS = 2_500;
const MAX_BYTES = 64 * 1024;

interface KnownSet {
  readonly body?: string;
  readonly fetchedAtMs: number;
  readonly askAgainAtMs: number;
}

/** Keys that clients publish (`jwks_uri`, RFC 7591, section 2), fetched under the rules of their metadata documents. */
@Injectable()
export class ClientKeySets {
  readonly #get: FetchFunction;
  readonly #known = new RecentMap<string, KnownSet>(MAX_SETS);
  readonly #fetches = new SingleFlight<string, string>();
  #underWay = 0;
  /** The operator has chosen them: strangers’ hosts take no place from them. */
  readonly #chosen: ReadonlySet<string>;

  constructor(
    private readonly log: Log,
    @Inject(CONFIG) config: Pick<AuthorizationServerPart, 'clientRegistration' | 'wayOut'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#chosen = new Set(config.clientRegistration.clients.flatMap(({ jwksUri }) => jwksUri ?? []));
    this.#get = fetchFunction({
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: MAX_BYTES,
      allowPrivateIps: config.clientRegistration.metadataDocuments.allowPrivateIps,
      insecureAllowHttp: false,
      wayOut: config.wayOut,
      ofStrangers: true,
    });
  }

  /** The set, and nothing that stands around it: how long it is used is said here. @throws when there is none. */
  readonly fetch = async (url: string): Promise<Response> => {
    const body = await this.#body(url);
    return new Response(body, { status: 200, headers: { 'content-type': 'application/json' } });
  };

  async #body(url: string): Promise<string> {
    const known = this.#known.get(url);
    const nowMs = this.clock.nowMs();
    if (known !== undefined && nowMs < known.askAgainAtMs) return bodyOf(known, nowMs);
    try {
      const body = await this.#fetches.run(url, async () => await this.#fetched(url));
      this.#known.set(url, { body, fetchedAtMs: nowMs, askAgainAtMs: nowMs + FRESH_FOR_MS });
      return body;
    } catch (error) {
      // It says nothing of this host.
      if (error instanceof Overloaded) {
        if (known === undefined) throw error;
        return bodyOf(known, nowMs);
      }
      const kept: KnownSet = { ...(known ?? { fetchedAtMs: nowMs }), askAgainAtMs: nowMs + FAILED_FOR_MS };
      this.#known.set(url, kept);
      const host = URL.parse(url)?.host ?? '';
      this.log.failure('client-keys-not-fetched', error, { host, usesCopy: kept.body !== undefined });
      return bodyOf(kept, nowMs);
    }
  }

  async #fetched(url: string): Promise<string> {
    if (this.#underWay >= MAX_FETCHES && !this.#chosen.has(url))
      throw new Overloaded('too many key sets are being fetched');
    this.#underWay += 1;
    try {
      const response = await this.#get(url, { method: 'GET', headers: { accept: 'application/json' } });
      if (response.status !== 200) throw new Error(`the host answered with status ${response.status}`);
      return JSON.stringify(usableKeySet(JSON.parse(await response.text())));
    } finally {
      this.#underWay -= 1;
    }
  }
}

class Overloaded extends Error {}

function bodyOf({ body, fetchedAtMs }: KnownSet, nowMs: number): string {
  if (body === undefined || nowMs - fetchedAtMs > USED_FOR_MS)
    throw new Error('the keys of the client cannot be fetched');
  return body;
}
