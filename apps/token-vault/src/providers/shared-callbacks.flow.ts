import { Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Log } from '@gatehouse/observability/log';
import { ProviderMetadataClient } from './provider-metadata.client.js';
import { ProviderRegistry, type Provider } from './provider-registry.js';

/**
 * Providers that share a callback are told apart by `iss` alone. That holds only if all of them send it: the answer of
 * one that does not could be given the `iss` of another by whoever made its request (RFC 9700 section 4.4.2).
 */
@Injectable()
export class SharedCallbacks {
  constructor(
    private readonly registry: ProviderRegistry,
    private readonly metadata: ProviderMetadataClient,
    private readonly log: Log,
  ) {}

  isShared(redirectUri: string): boolean {
    return this.registry.withCallback(redirectUri).length > 1;
  }

  /** @throws {GatehouseError} `callback_unsafe` */
  async refuseUnsafe({ name, redirectUri }: Provider): Promise<void> {
    if (!this.isShared(redirectUri)) return;
    const silent = await Promise.all(
      this.registry.withCallback(redirectUri).map((one) => this.#isSilent(one)),
    );
    const [culprit] = silent.flatMap((one) => one ?? []);
    if (culprit === undefined) return;
    this.log.error('shared-callback-refused', { provider: name, silent: culprit });
    throw new GatehouseError(
      'callback_unsafe',
      `${culprit} does not promise iss on the callback of ${name}`,
      {
        details: { provider: name },
      },
    );
  }

  /**
   * @returns its name when it does not promise `iss`. One that cannot be asked counts as promising: its outage must not
   * lock people out of the others, and an answer without `iss` is refused in any case.
   */
  async #isSilent(provider: Provider): Promise<string | undefined> {
    try {
      const { authorization_response_iss_parameter_supported: promised } = await this.metadata.of(provider);
      return promised === true ? undefined : provider.name;
    } catch {
      return undefined;
    }
  }
}
