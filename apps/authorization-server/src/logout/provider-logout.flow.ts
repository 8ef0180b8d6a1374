import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { LogoutRefusal } from '@gatehouse/contracts/token-vault/provider-logout';
import type { AccountId } from '@gatehouse/kernel/ids';
import { CONFIG } from '@gatehouse/service-process/injected';
import { AccountStore } from '../accounts/account.store.js';
import { CloseSession } from '../sessions/close-session.flow.js';
import { Vault, type LogoutReply } from '../vault/vault.client.js';
import { EndedBrowsers } from './ended-browsers.store.js';

type Accepted = Extract<LogoutReply, { outcome: 'accepted' }>;

/** Each waits for the proxies. */
const AT_ONCE = 20;

/**
 * Ends what a provider's logout token names (OpenID Connect Back-Channel Logout 1.0, section 2.7). The vault, which has the provider's
 * keys, judges it and ends the connections. Who signed in here through that provider is signed out here as well. All of it can be
 * done again: a provider that got no answer sends its token once more (docs/adr/0075).
 */
@Injectable()
export class ProviderLogout {
  constructor(
    private readonly vault: Vault,
    private readonly accounts: AccountStore,
    private readonly closing: CloseSession,
    private readonly browsers: EndedBrowsers,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'primaryUpstreamProvider'>,
  ) {}

  /** @returns why it ends nothing; `undefined` when everything that it names has ended. */
  async run(provider: string, token: string): Promise<LogoutRefusal | undefined> {
    const reply = await this.vault.providerLogout(provider, token);
    if (reply.outcome === 'refused') return reply.reason;
    await this.#endSessions(reply);
    for (const accountId of await this.#signedOut(provider, reply))
      await this.browsers.signOut(accountId, reply.issuedAtMs);
    return undefined;
  }

  /** Their clients are told, as of every sign-out. */
  async #endSessions({ sessions }: Accepted): Promise<void> {
    for (let next = 0; next < sessions.length; next += AT_ONCE)
      await Promise.all(
        sessions
          .slice(next, next + AT_ONCE)
          .map(async ({ tsid, accountId }) => await this.closing.closeOfVault(tsid, 'signed_out', accountId)),
      );
  }

  /** Whose browsers stop being theirs. Another provider than the primary one signs nobody in here. */
  async #signedOut(provider: string, reply: Accepted): Promise<ReadonlySet<AccountId>> {
    const accounts = new Set(reply.sessions.map(({ accountId }) => accountId));
    if (provider !== this.config.primaryUpstreamProvider) return accounts;
    const { subject } = reply;
    const owner = subject === undefined ? undefined : await this.accounts.ownerOf(provider, subject);
    return new Set([...accounts, ...reply.accounts, ...(owner === undefined ? [] : [owner])]);
  }
}
