import { Injectable } from '@nestjs/common';
import type { providerLogout } from '@gatehouse/contracts/token-vault/provider-logout';
import { Log } from '@gatehouse/observability/log';
import { z } from 'zod';
import { BusKeys } from '../keyring/bus-keys.flow.js';
import { CheckLogoutToken } from './check-logout-token.flow.js';
import { EndNamed } from './end-named.flow.js';

type Request = z.output<typeof providerLogout.request>;
type Reply = z.input<typeof providerLogout.reply>;

const sealedToken = z.strictObject({ logoutToken: z.string().max(16_384) });

/** A provider says that somebody has signed out there (OpenID Connect Back-Channel Logout 1.0, sections 2.5 to 2.7). */
@Injectable()
export class ProviderLogout {
  constructor(
    private readonly checking: CheckLogoutToken,
    private readonly busKeys: BusKeys,
    private readonly ending: EndNamed,
    private readonly log: Log,
  ) {}

  /** @throws {GatehouseError} `unknown_provider`, `provider_unavailable`, `provider_misconfigured` */
  async run({ provider, sealedToken: sealed }: Request): Promise<Reply> {
    const { logoutToken } = await this.busKeys.open(sealedToken, sealed);
    const checked = await this.checking.check(provider, logoutToken);
    if (!checked.ok) {
      this.log.info('provider-logout-refused', { provider, reason: checked.reason });
      return { outcome: 'refused', reason: checked.reason };
    }
    const { named } = checked;
    const { accounts, sessions } = await this.ending.end(named);
    this.log.info('provider-logout', {
      provider,
      connections: accounts.length,
      sessions: sessions.length,
    });
    return {
      outcome: 'accepted',
      issuedAtMs: named.issuedAtMs,
      ...(named.subject === undefined ? {} : { subject: named.subject }),
      accounts: [...accounts],
      sessions: [...sessions],
    };
  }
}
