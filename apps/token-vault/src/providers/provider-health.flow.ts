import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { ProviderView } from '@gatehouse/contracts/token-vault/provider-health';
import { contactOf } from './provider-contact.js';
import { ProviderHealthStore } from './provider-health.store.js';
import { ProviderMetadataClient } from './provider-metadata.client.js';
import { ProviderRegistry } from './provider-registry.js';
import type { UpstreamFailure } from './upstream-failure.js';

/** While the database is slow, what comes beyond these is not written down. */
const MAX_WAITING = 64;

/** How each provider is, by what comes of requests that are made anyway. No provider is asked for this. */
@Injectable()
export class ProviderHealth implements OnApplicationShutdown {
  #waiting = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: ProviderHealthStore,
    private readonly registry: ProviderRegistry,
    private readonly metadata: ProviderMetadataClient,
  ) {}

  /** Nobody waits for it, and it never throws. @param failure left out: the provider did what it was asked for */
  note({ name }: { readonly name: string }, failure?: UpstreamFailure): void {
    const contact = contactOf(failure && (this.#ofDocument(name, failure) ?? failure));
    if (contact === undefined || this.#waiting >= MAX_WAITING) return;
    this.#waiting += 1;
    const foundAtMs = performance.now();
    // One after the other: what came last is what counts.
    this.#writing = this.#writing
      .then(async () => await this.store.note(name, contact, performance.now() - foundAtMs))
      // The database is unavailable, and says so elsewhere.
      .catch(() => undefined)
      .finally(() => (this.#waiting -= 1));
  }

  async all(): Promise<ProviderView[]> {
    const known = await this.store.all();
    return this.registry.names.map((provider) => ({
      provider,
      ...(known.get(provider) ?? { state: 'unknown' as const }),
    }));
  }

  /** Resolves when everything that was noted is written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.settled();
  }

  /** A request that was not sent for want of the provider's document fails as the document did. */
  #ofDocument(name: string, { kind }: UpstreamFailure): UpstreamFailure | undefined {
    return kind === 'unreachable' || kind === 'misconfigured' ? this.metadata.failureOf(name) : undefined;
  }
}
