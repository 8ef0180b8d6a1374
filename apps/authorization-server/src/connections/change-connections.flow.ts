import { Inject, Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { UserSecretView } from '@gatehouse/config/user-secret-parts';
import { enteredSecret } from '@gatehouse/contracts/token-vault/secret-enter';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { Exchange } from '../http/exchange.js';
import type { Shown } from '../http/shown.js';
import { BrowserSessions } from '../oauth-endpoints/browser-sessions.flow.js';
import { CloseSession } from '../sessions/close-session.flow.js';
import { Vault } from '../vault/vault.client.js';
import { ConnectionsResponses } from './connections-responses.js';

/** What a signed-in user ends on the connections page. */
@Injectable()
export class ChangeConnections {
  constructor(
    private readonly browsers: BrowserSessions,
    private readonly closing: CloseSession,
    private readonly vault: Vault,
    private readonly responses: ConnectionsResponses,
    @Inject(CONFIG)
    private readonly config: Pick<AuthorizationServerPart, 'upstreamProviders' | 'userSecrets'>,
  ) {}

  async change(exchange: Exchange, form: ReadonlyMap<string, string>): Promise<Shown> {
    const browser = await this.browsers.current(exchange);
    // Signed out already: by the second of two clicks, or in another tab. The list says so.
    if (browser === undefined) return this.responses.toList();
    const { accountId } = browser;
    this.responses.check(browser, form);
    switch (form.get('action')) {
      case 'disconnect':
        await this.vault.revoke(accountId, this.#knownProvider(form.get('provider')));
        break;
      case 'enter-secret': {
        const secret = this.#knownSecret(form.get('name'));
        // What people copy often has a line break at its end.
        const entered = enteredSecret.safeParse((form.get('secret') ?? '').trim());
        if (!entered.success) return this.responses.unfitSecret(secret);
        await this.vault.enterSecret(accountId, secret.name, entered.data);
        break;
      }
      case 'sign-out':
        // Somebody else's session is left alone, whatever id the form names.
        await this.closing.close(form.get('session') ?? '', 'signed_out', accountId);
        break;
      case 'sign-out-everywhere':
        await this.closing.closeAll(accountId, 'signed_out', form.get('application'));
        break;
      case 'leave':
        await this.browsers.signOut(exchange);
        break;
      default:
        throw new GatehouseError('request_invalid', 'no such action');
    }
    return this.responses.toList();
  }

  #knownSecret(name: string | undefined): UserSecretView {
    const secret = this.config.userSecrets.find((one) => one.name === name);
    if (secret === undefined) throw new GatehouseError('request_invalid', 'no such secret');
    return secret;
  }

  #knownProvider(name: string | undefined): string {
    const { upstreamProviders, userSecrets } = this.config;
    const provider = [...upstreamProviders, ...userSecrets].find((one) => one.name === name);
    if (provider === undefined) throw new GatehouseError('request_invalid', 'no such provider');
    return provider.name;
  }
}
