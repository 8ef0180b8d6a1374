import { Injectable } from '@nestjs/common';
import type { RecipientKey } from '@gatehouse/contracts/fields';
import { attemptDiscard } from '@gatehouse/contracts/token-vault/attempt-discard';
import { busKeyCurrent } from '@gatehouse/contracts/token-vault/bus-key-current';
import { connectionAdopt } from '@gatehouse/contracts/token-vault/connection-adopt';
import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import { connectionComplete } from '@gatehouse/contracts/token-vault/connection-complete';
import { connectionList, type ConnectionView } from '@gatehouse/contracts/token-vault/connection-list';
import { connectionRevoke } from '@gatehouse/contracts/token-vault/connection-revoke';
import { sessionClose } from '@gatehouse/contracts/token-vault/session-close';
import { sessionOpen } from '@gatehouse/contracts/token-vault/session-open';
import { systemClock } from '@gatehouse/kernel/clock';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AccountId, AttemptId, SessionId } from '@gatehouse/kernel/ids';
import { ContractClient } from '@gatehouse/messaging/contract-client';
import { sealMessage } from '@gatehouse/sealing/message-sealing';
import type { z } from 'zod';

export type LegReply = z.output<typeof connectionComplete.reply>;

/** How a provider sent a browser back. */
export interface Arrival {
  /** Of the callback URL, without its question mark. */
  readonly query: string;
  /** Whose callback it was; absent for the common one. */
  readonly callback?: string;
}

/** Legs and connections: all of it happens in the token vault, which alone sees upstream tokens and client secrets. */
@Injectable()
export class Vault {
  #busKey: { readonly key: RecipientKey; readonly useUntilMs: number } | undefined;

  constructor(private readonly bus: ContractClient) {}

  /** @returns where to send the browser. @throws {GatehouseError} `provider_unavailable` and the bus's own codes. */
  async begin(leg: z.input<typeof connectionBegin.request>): Promise<string> {
    const { authorizationUrl } = await this.bus.ask(connectionBegin, leg);
    return authorizationUrl;
  }

  /** Hands over what came back, the query sealed: it carries a code. */
  async complete({ query, callback }: Arrival, browserBinding: string): Promise<LegReply> {
    const rest = { browserBinding, ...(callback === undefined ? {} : { callback }) };
    const key = await this.#currentBusKey();
    try {
      return await this.bus.ask(connectionComplete, {
        sealedQuery: await sealMessage({ query }, key),
        ...rest,
      });
    } catch (error) {
      if (!(error instanceof GatehouseError) || error.code !== 'request_invalid') throw error;
      // A message that does not open is refused before anything happens, so it can be sent again, sealed anew.
      this.#busKey = undefined;
      const next = await this.#currentBusKey();
      if (next.kid === key.kid) throw error;
      return await this.bus.ask(connectionComplete, {
        sealedQuery: await sealMessage({ query }, next),
        ...rest,
      });
    }
  }

  async discard(attemptId: AttemptId): Promise<void> {
    await this.bus.ask(attemptDiscard, { attemptId });
  }

  /** Adopts what the attempt recorded, and nothing else that was staged for it. @throws {GatehouseError} `connection_missing` */
  async openSession(session: z.input<typeof sessionOpen.request>): Promise<void> {
    await this.bus.ask(sessionOpen, session);
  }

  async closeSession(tsid: SessionId): Promise<void> {
    await this.bus.ask(sessionClose, { tsid });
  }

  async connections(accountId: AccountId): Promise<readonly ConnectionView[]> {
    const { connections } = await this.bus.ask(connectionList, { accountId });
    return connections;
  }

  async revoke(accountId: AccountId, provider: string): Promise<void> {
    await this.bus.ask(connectionRevoke, { accountId, provider });
  }

  /** @throws {GatehouseError} `connection_missing` when the provider has to be visited again. */
  async adopt(connection: z.input<typeof connectionAdopt.request>): Promise<void> {
    await this.bus.ask(connectionAdopt, connection);
  }

  async #currentBusKey(): Promise<RecipientKey> {
    if (this.#busKey === undefined || this.#busKey.useUntilMs <= systemClock.nowMs())
      this.#busKey = await this.bus.ask(busKeyCurrent, {});
    return this.#busKey.key;
  }
}
