import { Injectable } from '@nestjs/common';
import { accessJudge } from '@gatehouse/contracts/token-vault/access-judge';
import { attemptDiscard } from '@gatehouse/contracts/token-vault/attempt-discard';
import { connectionAdopt } from '@gatehouse/contracts/token-vault/connection-adopt';
import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import { connectionClaims } from '@gatehouse/contracts/token-vault/connection-claims';
import { connectionComplete } from '@gatehouse/contracts/token-vault/connection-complete';
import { connectionList, type ConnectionView } from '@gatehouse/contracts/token-vault/connection-list';
import { connectionRevoke } from '@gatehouse/contracts/token-vault/connection-revoke';
import { providerHealth, type ProviderView } from '@gatehouse/contracts/token-vault/provider-health';
import { providerLogout } from '@gatehouse/contracts/token-vault/provider-logout';
import { secretEnter } from '@gatehouse/contracts/token-vault/secret-enter';
import { sessionClose } from '@gatehouse/contracts/token-vault/session-close';
import { sessionOpen } from '@gatehouse/contracts/token-vault/session-open';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AccountId, AttemptId, SessionId } from '@gatehouse/kernel/ids';
import { ContractClient } from '@gatehouse/messaging/contract-client';
import { VaultKey } from '@gatehouse/messaging/vault-key';
import type { z } from 'zod';

export type LogoutReply = z.output<typeof providerLogout.reply>;
export type LegReply = z.output<typeof connectionComplete.reply>;

/** Who is asked about: see the contract. */
export type JudgedAs = z.output<typeof accessJudge.request>;

/** How a provider sent a browser back. */
export interface Arrival {
  /** Of the callback URL, without its question mark. */
  readonly query: string;
  /** Whose callback it was; absent for the common one. */
  readonly callback?: string;
}

/** Asks the token vault, which alone sees the providers' tokens and client secrets. */
@Injectable()
export class Vault {
  constructor(
    private readonly bus: ContractClient,
    private readonly key: VaultKey,
  ) {}

  /** @returns where to send the browser. @throws {GatehouseError} `provider_unavailable` and the bus's own codes. */
  async begin(leg: z.input<typeof connectionBegin.request>): Promise<string> {
    const { authorizationUrl } = await this.bus.ask(connectionBegin, leg);
    return authorizationUrl;
  }

  /** Hands the callback over. Its query carries a code, so it is sealed. */
  async complete({ query, callback }: Arrival, browserBinding: string): Promise<LegReply> {
    const rest = { browserBinding, asksWhen: true as const, ...(callback === undefined ? {} : { callback }) };
    return await this.key.send({ query }, async (sealedQuery) => {
      const question = { sealedQuery, ...rest };
      try {
        return await this.bus.ask(connectionComplete, { ...question, asksHow: true });
      } catch (error) {
        if (!(error instanceof GatehouseError) || error.code !== 'request_invalid') throw error;
        // A vault of the release before does not know `asksHow`, and refuses the question before anything happens.
        return await this.bus.ask(connectionComplete, question);
      }
    });
  }

  async discard(attemptId: AttemptId): Promise<void> {
    await this.bus.ask(attemptDiscard, { attemptId });
  }

  /** Adopts the connections that the attempt recorded, and nothing else that was staged for it. @throws {GatehouseError} `connection_missing` */
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

  /** How each provider is, as far as anybody has needed it. */
  async providers(): Promise<readonly ProviderView[]> {
    return (await this.bus.ask(providerHealth, {})).providers;
  }

  /** What access tokens of the session say of its person. @throws {GatehouseError} of the message */
  async claims(tsid: SessionId): Promise<Readonly<Record<string, unknown>>> {
    const { claims } = await this.bus.ask(connectionClaims, { tsid });
    return claims;
  }

  /** Whether the person may sign in. @throws {GatehouseError} of the message: nobody can say */
  async judge(who: JudgedAs): Promise<z.output<typeof accessJudge.reply>> {
    return await this.bus.ask(accessJudge, who);
  }

  async revoke(accountId: AccountId, provider: string): Promise<void> {
    await this.bus.ask(connectionRevoke, { accountId, provider });
  }

  /** What a provider says of somebody who has signed out there. The token crosses the bus sealed, as every token. */
  async providerLogout(provider: string, logoutToken: string): Promise<LogoutReply> {
    return await this.key.send(
      { logoutToken },
      async (sealedToken) => await this.bus.ask(providerLogout, { provider, sealedToken }),
    );
  }

  /** What a person entered; the vault alone reads it. */
  async enterSecret(accountId: AccountId, name: string, secret: string): Promise<void> {
    await this.key.send({ secret }, async (sealedSecret) => {
      return await this.bus.ask(secretEnter, { accountId, name, sealedSecret });
    });
  }

  /** @throws {GatehouseError} `connection_missing` when the provider has to be visited again. */
  async adopt(connection: z.input<typeof connectionAdopt.request>): Promise<void> {
    await this.bus.ask(connectionAdopt, connection);
  }
}
