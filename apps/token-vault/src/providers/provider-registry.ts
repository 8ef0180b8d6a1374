import { Inject, Injectable } from '@nestjs/common';
import type { UserSecret } from '@gatehouse/config/model/user-secret';
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

  constructor(
    @Inject(CONFIG) private readonly config: Pick<TokenVaultPart, 'upstreamProviders' | 'userSecrets'>,
  ) {}

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

  /** All of them, in the order of the configuration. */
  get names(): readonly string[] {
    return [...this.#providers.keys()];
  }

  /** The others than this one. */
  others({ name }: Provider): readonly Provider[] {
    return [...this.#providers.values()].filter((other) => other.name !== name);
  }

  /** Those that send the browser back to one and the same callback. */
  withCallback(redirectUri: string): readonly Provider[] {
    return [...this.#providers.values()].filter((provider) => provider.redirectUri === redirectUri);
  }

  /** What people enter under that name, and no provider gives; `undefined`: a provider gives it. */
  entered(name: string): UserSecret | undefined {
    return this.config.userSecrets.find((secret) => secret.name === name);
  }

  /** @throws {GatehouseError} `unknown_provider` */
  userSecret(name: string): UserSecret {
    const secret = this.entered(name);
    if (secret === undefined) throw unknownProvider(name);
    return secret;
  }

  /** The names of all that people enter. */
  get userSecretNames(): readonly string[] {
    return this.config.userSecrets.map(({ name }) => name);
  }

  /** @throws {GatehouseError} `unknown_provider` where neither a provider nor a secret has that name */
  check(name: string): void {
    if (this.entered(name) === undefined) this.get(name);
  }

  /** @throws {GatehouseError} `unknown_provider` */
  get(name: string): Provider {
    const provider = this.#providers.get(name);
    if (provider === undefined) throw unknownProvider(name);
    return provider;
  }
}

const unknownProvider = (name: string): GatehouseError =>
  new GatehouseError('unknown_provider', `no provider ${name} is configured`, {
    details: { provider: name },
  });
