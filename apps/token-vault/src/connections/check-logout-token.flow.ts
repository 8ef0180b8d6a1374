import { Inject, Injectable } from '@nestjs/common';
import type { LogoutRefusal } from '@gatehouse/contracts/token-vault/provider-logout';
import type { Clock } from '@gatehouse/kernel/clock';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { CLOCK } from '@gatehouse/service-process/injected';
import { LogoutKeys } from '../providers/logout-keys.client.js';
import { clientNamedIn, readLogoutToken, type NamedByLogout } from '../providers/logout-token.js';
import { ProviderRegistrations } from '../providers/provider-registrations.flow.js';
import { ProviderRegistry, type Provider } from '../providers/provider-registry.js';
import { registersItself, type RegisteringProvider } from '../providers/registered-provider.js';

type CheckedLogout =
  | { readonly ok: true; readonly named: NamedByLogout }
  | { readonly ok: false; readonly reason: LogoutRefusal };

/** Whether it is a logout token of this provider for this gateway. */
@Injectable()
export class CheckLogoutToken {
  constructor(
    private readonly registry: ProviderRegistry,
    private readonly keys: LogoutKeys,
    private readonly registrations: ProviderRegistrations,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws {GatehouseError} `unknown_provider`, `provider_unavailable`, `provider_misconfigured` */
  async check(name: string, token: string): Promise<CheckedLogout> {
    const provider = this.registry.get(name);
    const expected = { ...expectedOf(provider), nowMs: this.clock.nowMs() };
    const clientId = registersItself(provider)
      ? await this.#registered(provider, clientNamedIn(token))
      : provider.clientId;
    if (clientId === undefined) return { ok: false, reason: 'wrong_audience' };
    const read = readLogoutToken(token, { ...expected, clientId });
    if (!read.ok) return read;
    return (await this.keys.signed(provider, token, read.alg))
      ? { ok: true, named: read.named }
      : { ok: false, reason: 'wrong_signature' };
  }

  /** Sessions go on that began as a client of before. */
  async #registered(
    provider: RegisteringProvider,
    clientId: string | undefined,
  ): Promise<string | undefined> {
    return clientId !== undefined && (await this.registrations.isOurs(provider, clientId))
      ? clientId
      : undefined;
  }
}

/** Of a provider of many tenants nobody knows which one's issuer to expect; none of those that there are sends such tokens. */
function expectedOf({ name, protocol }: Provider) {
  if (protocol.type !== 'oidc' || protocol.issuerTemplate !== undefined)
    throw new GatehouseError('unknown_provider', `${name} sends no logout tokens`, {
      details: { provider: name },
    });
  const { issuer, subjectClaim } = protocol;
  return { provider: name, issuer, subjectClaim };
}
