import { Inject, Injectable } from '@nestjs/common';
import type { TokenVaultPart } from '@gatehouse/config/parts';
import type { sessionOpen } from '@gatehouse/contracts/token-vault/session-open';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Queries } from '@gatehouse/persistence/database';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { z } from 'zod';
import type { PendingEvent } from '../outbox/event-outbox.store.js';
import { Outbox } from '../outbox/outbox.flow.js';
import { ProviderRegistry } from '../providers/provider-registry.js';
import { AdoptStaged, missingConnection } from './adopt-staged.flow.js';
import { SessionStore } from './session.store.js';

type Request = z.output<typeof sessionOpen.request>;

interface Opened {
  readonly bound: readonly string[];
  readonly events: readonly PendingEvent[];
}

/** Opens a session: adopts and binds its connections in one transaction. Any refusal undoes all of it. */
@Injectable()
export class OpenSession {
  constructor(
    private readonly sessions: SessionStore,
    private readonly adopt: AdoptStaged,
    private readonly outbox: Outbox,
    private readonly registry: ProviderRegistry,
    @Inject(CONFIG) private readonly config: Pick<TokenVaultPart, 'primaryUpstreamProvider'>,
  ) {}

  async run(request: Request): Promise<z.input<typeof sessionOpen.reply>> {
    const { bound, events } = await this.adopt.transaction(request.accountId, (tx) =>
      this.#open(tx, request),
    );
    await this.outbox.publish(events);
    return { bound: inOrder(request.providers, bound) };
  }

  async #open(tx: Queries, { attemptId, tsid, accountId, providers, subjects }: Request): Promise<Opened> {
    const before = await this.sessions.hold(tx, tsid);
    if (before !== undefined) {
      if (before.closed) throw new GatehouseError('session_closed');
      if (before.accountId !== accountId || before.attemptId !== attemptId)
        throw new GatehouseError('request_invalid', 'the session belongs to another sign-in');
      return { bound: await this.sessions.bound(tx, tsid), events: [] };
    }
    const adopted = await this.adopt.attempt(tx, attemptId, accountId, subjects);
    const { primaryUpstreamProvider: primaryProvider } = this.config;
    if (!(await this.sessions.insert(tx, { tsid, accountId, attemptId, primaryProvider })))
      throw new GatehouseError('request_invalid', 'the session belongs to another sign-in');
    // No sign-in leads to what the person entered: every session of theirs may use it.
    const wanted = [...providers, ...this.registry.userSecretNames];
    const bound = await this.sessions.bind(tx, tsid, accountId, wanted);
    const missing = providers.find((provider) => !bound.includes(provider));
    if (missing !== undefined) throw missingConnection(missing);
    return { bound, events: adopted.map(({ event }) => event) };
  }
}

const inOrder = (order: readonly string[], bound: readonly string[]): string[] => [
  ...new Set(order.filter((provider) => bound.includes(provider))),
];
