import { Inject, Injectable } from '@nestjs/common';
import { readLimits, wordsOfLimits, type WrittenLimits } from '@gatehouse/config/given-limits';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { z } from 'zod';
import { GivenLimits } from '../client-terms/given-limits.store.js';
import { WatchGivenLimits } from '../client-terms/watch-given-limits.job.js';
import { AdministeredClients } from './administered-clients.store.js';
import type { Handlers, Result } from './operations.js';
import { answer, conflict, DONE, doneIf, UNKNOWN } from './results.js';
import type { limits } from './shapes.js';

type Limits = z.input<typeof limits>;

const CONFIGURED = conflict(
  'This client stands in the configuration, and so do its limits (authServer.clientRegistration.clients). Change them there, and restart the authorization server.',
);

const plain = (from: Limits['from'], written: WrittenLimits): Limits => ({
  from,
  resources: written.resources ?? null,
  scopes: written.scopes ?? null,
  accessTokenLifespan: written.accessTokenLifespan ?? null,
  refreshTokenLifespan: written.refreshTokenLifespan ?? null,
});

/** What an administrator asks for about the limits of a client. */
@Injectable()
export class LimitActs {
  constructor(
    private readonly clients: AdministeredClients,
    private readonly given: GivenLimits,
    private readonly watch: WatchGivenLimits,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {}

  readonly handlers: Pick<Handlers, `${'read' | 'set' | 'remove'}ClientLimits`> = {
    readClientLimits: async ({ client }) => {
      const configured = this.clients.limitsIn(client);
      if (configured !== undefined) {
        const isLimited = Object.keys(configured).length > 0;
        return answer(plain(isLimited ? 'configuration' : null, wordsOfLimits(configured)));
      }
      const stored = await this.given.find(client);
      if (stored !== undefined) return answer(plain('administrator', stored));
      return (await this.clients.find(client)) === undefined ? UNKNOWN : answer(plain(null, {}));
    },
    setClientLimits: async ({ client, limits: asked }) => await this.#set(client, asked),
    removeClientLimits: async ({ client }) => {
      if (this.clients.isConfigured(client)) return CONFIGURED;
      const isDone = await this.given.remove(client);
      await this.watch.takeUp();
      return doneIf(isDone);
    },
  };

  async #set(client: string, asked: unknown): Promise<Result<never>> {
    if (this.clients.isConfigured(client)) return CONFIGURED;
    const read = readLimits(asked, this.config);
    if (!read.isGood) return { kind: 'wrong', detail: read.problems.join(' ') };
    if (!(await this.#canCome(client))) return UNKNOWN;
    await this.given.set(client, read.written);
    await this.watch.takeUp();
    return DONE;
  }

  /** A client that is known by its sessions alone is one that nobody can use any more. */
  async #canCome(client: string): Promise<boolean> {
    const known = await this.clients.find(client);
    return known === undefined ? this.clients.mayComeByDocument(client) : known.kind !== 'gone';
  }
}
