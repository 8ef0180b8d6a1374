import { Injectable } from '@nestjs/common';
import type { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import { sha256 } from '@gatehouse/kernel/digest';
import { randomToken } from '@gatehouse/kernel/ids';
import type { z } from 'zod';
import type { LegSecrets } from '../providers/authorization-parameters.js';
import { ProviderRegistry } from '../providers/provider-registry.js';
import { SharedCallbacks } from '../providers/shared-callbacks.flow.js';
import { Upstreams } from '../providers/upstreams.flow.js';
import { LackingScopeStore } from './lacking-scope.store.js';
import { PendingLegStore } from './pending-leg.store.js';

/** Starts a leg. All its secrets are new; only the digest of its state is stored in clear. */
@Injectable()
export class BeginConnection {
  constructor(
    private readonly registry: ProviderRegistry,
    private readonly upstreams: Upstreams,
    private readonly callbacks: SharedCallbacks,
    private readonly legs: PendingLegStore,
    private readonly lacking: LackingScopeStore,
  ) {}

  async run(
    request: z.output<typeof connectionBegin.request>,
  ): Promise<z.input<typeof connectionBegin.reply>> {
    const { attemptId, accountId, browserBinding, fresh, asked, maxAgeSeconds, acrValues } = request;
    const configured = this.registry.get(request.provider);
    await this.callbacks.refuseUnsafe(configured);
    const stepUp = accountId === undefined ? [] : await this.lacking.stepUp(accountId, configured.name);
    const wanted = accountId && (await this.lacking.wanted(accountId, configured.name));
    const provider = await this.upstreams.forSignIn(configured, stepUp);
    const state = `${attemptId}.${randomToken()}`;
    const { redirectUri } = provider;
    const secrets: LegSecrets = {
      nonce: randomToken(),
      codeVerifier: randomToken(),
      redirectUri,
      ...('issuedTo' in provider ? { issuedTo: provider.issuedTo } : {}),
    };
    const authorizationUrl = await this.upstreams.authorizationUrl(provider, state, secrets, {
      fresh,
      asked,
      maxAgeSeconds,
      acrValues,
      wanted,
    });
    const expiresAt = await this.legs.begin({
      stateHash: sha256(state),
      attemptId,
      provider: provider.name,
      accountId,
      browserBinding,
      secrets,
    });
    return { authorizationUrl, expiresAtMs: expiresAt.getTime() };
  }
}
