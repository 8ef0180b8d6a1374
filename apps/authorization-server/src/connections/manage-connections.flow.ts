import { Inject, Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { AccountStore } from '../accounts/account.store.js';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { CsrfTokens } from '../http/csrf.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import type { Html } from '../pages/html.js';
import type { BrowserSession } from '../oauth-endpoints/browser-sessions.flow.js';
import { CloseSession } from '../sessions/close-session.flow.js';
import { SessionStore } from '../sessions/session.store.js';
import { Vault } from '../vault/vault.client.js';
import { connectionsPage } from './connections-page.js';

/** What a signed-in user sees and ends on the connections page. */
@Injectable()
export class ManageConnections {
  constructor(
    private readonly accounts: AccountStore,
    private readonly sessions: SessionStore,
    private readonly closing: CloseSession,
    private readonly vault: Vault,
    private readonly csrf: CsrfTokens,
    private readonly urls: IssuerUrls,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {}

  async page({ accountId, uid }: BrowserSession): Promise<Html> {
    const [account, sessions, connections] = await Promise.all([
      this.accounts.find(accountId),
      this.sessions.listOpen(accountId),
      this.vault.connections(accountId),
    ]);
    return connectionsPage({
      accountName: account?.name ?? account?.email ?? accountId,
      sessions,
      providers: this.config.upstreamProviders.map(({ name, backends }) => {
        const connection = connections.find(({ provider }) => provider === name);
        return { name, backends, ...(connection === undefined ? {} : { connection }) };
      }),
      csrf: this.csrf.tokenFor(uid),
      basePath: this.urls.basePath,
    });
  }

  /** @returns whether the browser itself is to be signed out. */
  async change(
    { accountId, uid }: BrowserSession,
    form: ReadonlyMap<string, string>,
  ): Promise<{ readonly leaves: boolean }> {
    this.csrf.check(uid, form);
    switch (form.get('action')) {
      case 'disconnect':
        await this.vault.revoke(accountId, this.#knownProvider(form.get('provider')));
        return { leaves: false };
      case 'sign-out':
        // Somebody else's session is left alone, whatever id the form names.
        await this.closing.close(form.get('session') ?? '', 'signed_out', accountId);
        return { leaves: false };
      case 'leave':
        return { leaves: true };
      default:
        throw new GatehouseError('request_invalid', 'no such action');
    }
  }

  #knownProvider(name: string | undefined): string {
    const provider = this.config.upstreamProviders.find((one) => one.name === name);
    if (provider === undefined) throw new GatehouseError('request_invalid', 'no such provider');
    return provider.name;
  }
}
