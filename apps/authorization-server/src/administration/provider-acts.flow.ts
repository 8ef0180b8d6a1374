import { Injectable } from '@nestjs/common';
import type { ProviderView } from '@gatehouse/contracts/token-vault/provider-health';
import type { z } from 'zod';
import { Vault } from '../vault/vault.client.js';
import type { Handlers } from './operations.js';
import { answer } from './results.js';
import type { provider } from './shapes.js';

type Provider = z.input<typeof provider>;

const instant = (atMs: number | undefined): string | null =>
  atMs === undefined ? null : new Date(atMs).toISOString();

const plain = ({ provider, state, sinceMs, answeredAtMs, failure }: ProviderView): Provider => ({
  provider,
  state,
  since: instant(sinceMs),
  answeredAt: instant(answeredAtMs),
  failure:
    failure === undefined
      ? null
      : { at: new Date(failure.atMs).toISOString(), kind: failure.kind, status: failure.status ?? null },
});

/** What an administrator asks for about providers. The vault knows it. */
@Injectable()
export class ProviderActs {
  constructor(private readonly vault: Vault) {}

  readonly handlers: Pick<Handlers, 'listProviders' | 'readProvider'> = {
    listProviders: async () => answer({ items: await this.#all() }),
    readProvider: async ({ provider: name }) =>
      answer((await this.#all()).find(({ provider }) => provider === name)),
  };

  async #all(): Promise<Provider[]> {
    return (await this.vault.providers()).map(plain);
  }
}
