import { Inject, Injectable } from '@nestjs/common';
import type { LogoutRefusal } from '@gatehouse/contracts/token-vault/provider-logout';
import type { Clock } from '@gatehouse/kernel/clock';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { CLOCK } from '@gatehouse/service-process/injected';
import { LogoutKeys } from '../providers/logout-keys.client.js';
import { readLogoutToken, type NamedByLogout } from '../providers/logout-token.js';
import { ProviderRegistry, type Provider } from '../providers/provider-registry.js';

type CheckedLogout =
  | { readonly ok: true; readonly named: NamedByLogout }
  | { readonly ok: false; readonly reason: LogoutRefusal };

/** Whether it is a logout token of this provider for this gateway. */
@Injectable()
export class CheckLogoutToken {
  constructor(
    private readonly registry: ProviderRegistry,
    private readonly keys: LogoutKeys,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws {GatehouseError} `unknown_provider`, `provider_unavailable`, `provider_misconfigured` */
  async check(name: string, token: string): Promise<CheckedLogout> {
    const provider = this.registry.get(name);
    const read = readLogoutToken(token, { ...expectedOf(provider), nowMs: this.clock.nowMs() });
    if (!read.ok) return read;
    return (await this.keys.signed(provider, token, read.alg))
      ? { ok: true, named: read.named }
      : { ok: false, reason: 'wrong_signature' };
  }
}

/** Of a provider of many tenants nobody knows which one's issuer to expect; none of those that there are sends such tokens. */
function expectedOf({ name, clientId, protocol }: Provider) {
  if (protocol.type !== 'oidc' || protocol.issuerTemplate !== undefined)
    throw new GatehouseError('unknown_provider', `${name} sends no logout tokens`, {
      details: { provider: name },
    });
  const { issuer, subjectClaim } = protocol;
  return { provider: name, issuer, clientId, subjectClaim };
}
