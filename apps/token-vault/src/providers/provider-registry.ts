import { Inject, Injectable } from '@nestjs/common';
import type { UpstreamProvider } from '@gatehouse/config/model/upstream-provider';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Secret } from '@gatehouse/kernel/secret';
import type { TokenVaultPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';

export type Provider = UpstreamProvider<Secret>;

/** The configured providers, by name. */
@Injectable()
export class ProviderRegistry {
  #list: readonly Provider[] = [];
  #byName: ReadonlyMap<string, Provider> = new Map();

  constructor(@Inject(CONFIG) private readonly config: Pick<TokenVaultPart, 'upstreamProviders'>) {}

  /** A reload can add some. */
  get #providers(): ReadonlyMap<string, Provider> {
    const { upstreamProviders } = this.config;
    if (upstreamProviders !== this.#list) {
      this.#list = upstreamProviders;
      this.#byName = new Map(upstreamProviders.map((provider) => [provider.name, provider]));
    }
    return this.#byName;
  }

  find(name: string): Provider | undefined {
    return this.#providers.get(name);
  }

  /** The others than this one. */
  others({ name }: Provider): readonly Provider[] {
    return [...this.#providers.values()].filter((other) => other.name !== name);
  }

  /** Those that send the browser back to one and the same callback. */
  withCallback(redirectUri: string): readonly Provider[] {
    return [...this.#providers.values()].filter((provider) => provider.redirectUri === redirectUri);
  }

  /** @throws {GatehouseError} `unknown_provider` */
  get(name: string): Provider {
    const provider = this.#providers.get(name);
    if (provider === undefined)
      throw new GatehouseError('unknown_provider', `no provider ${name} is configured`, {
        details: { provider: name },
      });
    return provider;
  }
}
